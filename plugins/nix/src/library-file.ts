import { fileURLToPath } from "node:url";

/**
 * The Nix library: the same text for every spec, which is why it can be read, checked and tested. It lies beside the folder of
 * the sources, and of the compiled modules.
 */
export const libraryFile: string = fileURLToPath(new URL("../nix/evaluate.nix", import.meta.url));
