export { nix } from "./nix.ts";
export type { NixAttribute, NixBuilderOptions, NixImageOptions, NixPin } from "./options/nix-builder-options.ts";
