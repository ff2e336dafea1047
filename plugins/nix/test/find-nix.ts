import { isImageSpecError } from "@imagespec/errors";
import { type NixTools, nixTools } from "@imagespec/test-support/nix";

/** Nix for the tests of a file; nothing where this machine cannot have it, which in CI is a failure. */
export async function findNix(options: { readonly newest?: boolean } = {}): Promise<NixTools | undefined> {
  try {
    return await nixTools(options);
  } catch (error) {
    if (process.env["CI"] || !isImageSpecError(error, "ENGINE_DOWN") || error.details["missing"] === undefined)
      throw error;
    console.warn(error.message);
    return undefined;
  }
}
