import { ImageSpecError } from "@imagespec/errors";
import { quote } from "../quote.ts";

/** The most bytes of a manifest or index, as registries limit it: 4 MiB. */
export const maxManifestSize: number = 4 * 1024 * 1024;

/**
 * Parses JSON given as a text or as bytes in UTF-8.
 *
 * @throws `MANIFEST_INVALID`
 */
export function parseJson(
  content: Uint8Array | string,
  what: string,
  maxSize: number = Number.POSITIVE_INFINITY,
): unknown {
  const size = typeof content === "string" ? Buffer.byteLength(content) : content.byteLength;
  if (size > maxSize)
    throw new ImageSpecError("MANIFEST_INVALID", `the ${what} has "${size}" bytes, more than the limit of ${maxSize}`, {
      hint: "keep large data in a layer instead of annotations",
      details: { path: what, size },
    });
  const text = typeof content === "string" ? content : decode(content, what);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ImageSpecError(
      "MANIFEST_INVALID",
      `the ${what} is not JSON: it starts with ${quote(text.slice(0, 40))}`,
      {
        hint: /^\s*</.test(text)
          ? "check the address: an HTML or XML page was answered, maybe by a proxy or login page"
          : "fetch the content anew, or build the image anew",
        cause: error,
        details: { path: what },
      },
    );
  }
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    // A byte order mark is not JSON and must not vanish: bytes and digest would no longer describe the same text.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ImageSpecError("MANIFEST_INVALID", `the ${what} is not UTF-8 text`, {
      hint: "fetch the content anew: it may be compressed or damaged",
      cause: error,
      details: { path: what },
    });
  }
}
