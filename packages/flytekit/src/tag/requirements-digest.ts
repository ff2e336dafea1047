import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { tagFailure } from "../errors/flytekit-error.ts";
import { systemFailure } from "../errors/system-failure.ts";
import { type PythonValue, pythonTypeName } from "../python/python-value.ts";
import { tidyPath } from "./python-path.ts";

/** White space of `bytes.strip()`. */
const blank: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]);

/** flytekit's digest of a requirements file: SHA-1 of its bytes without white space around them. @throws FLYTEKIT_TAG */
export function requirementsDigest(requirements: PythonValue, folder: string): string {
  if (typeof requirements !== "string") {
    const text = `expected str, bytes or os.PathLike object, not ${pythonTypeName(requirements)}`;
    throw tagFailure({ type: "TypeError", text, field: "requirements", hint: "write the path of a file" });
  }
  const path = tidyPath(requirements);
  let bytes: Buffer;
  try {
    bytes = readFileSync(isAbsolute(path) ? path : join(folder, path));
  } catch (error) {
    throw systemFailure(error, path, "requirements");
  }
  let start = 0;
  let end = bytes.length;
  while (start < end && blank.has(bytes[start] ?? 0)) start++;
  while (end > start && blank.has(bytes[end - 1] ?? 0)) end--;
  return createHash("sha1").update(bytes.subarray(start, end)).digest("hex");
}
