import { registerBuilder } from "@imagespec/core";
import { relabel } from "./index.ts";

registerBuilder(relabel(), { origin: "imagespec-builder-relabel@1.0.0" });
