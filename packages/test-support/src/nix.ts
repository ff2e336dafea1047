export type { NixTools } from "./nix/require-nix.ts";
export { nixTools, requireNix } from "./nix/require-nix.ts";
