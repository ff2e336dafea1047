import { registerBuilder } from "@imagespec/core";
import { nix } from "./nix.ts";

registerBuilder(nix(), { origin: "@imagespec/builder-nix" });
