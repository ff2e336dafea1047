import { type ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { tagFailure } from "./flytekit-error.ts";

const known: Readonly<Record<string, readonly [type: string, text: string]>> = {
  ENOENT: ["FileNotFoundError", "[Errno 2] No such file or directory"],
  EACCES: ["PermissionError", "[Errno 13] Permission denied"],
  ENOTDIR: ["NotADirectoryError", "[Errno 20] Not a directory"],
  EISDIR: ["IsADirectoryError", "[Errno 21] Is a directory"],
  ELOOP: ["OSError", "[Errno 40] Too many levels of symbolic links"],
};

/** The error for a file that Python cannot read either. What is no error of the system is thrown as it is. */
export function systemFailure(error: unknown, path: string, field: string): ImageSpecError {
  const code = systemCodeOf(error);
  if (code === undefined) throw error;
  const [type, text] = known[code] ?? ["OSError", code];
  return tagFailure({ type, text: `${text}: '${path}'`, field, hint: "name a file that exists and can be read" });
}
