import { registerBuilder } from "@imagespec/core";
import { buildkit } from "./buildkit.ts";

registerBuilder(buildkit(), { origin: "@imagespec/builder-buildkit" });
