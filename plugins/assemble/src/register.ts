import { registerBuilder } from "@imagespec/core";
import { assemble } from "./assemble.ts";

registerBuilder(assemble(), { origin: "@imagespec/builder-assemble" });
