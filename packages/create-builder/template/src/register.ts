import { registerBuilder } from "@imagespec/core";
import { __factory__ } from "./__builder__.ts";

registerBuilder(__factory__(), { origin: "__package__" });
