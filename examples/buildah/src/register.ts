import { registerBuilder } from "@imagespec/core";
import { buildah } from "./buildah.ts";

registerBuilder(buildah(), { origin: "imagespec-builder-buildah" });
