export { type BuildahOptions, buildah } from "./buildah.ts";
