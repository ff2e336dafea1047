import { ImageSpecError, systemCodeOf } from "@imagespec/errors";

const unusable: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "EIO",
  "EMFILE",
  "ENFILE",
]);

function explain(error: unknown, path: string): unknown {
  const code = systemCodeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new ImageSpecError("DISK_FULL", `no space is left for "${path}"`, {
      hint: "Free space on that disk, or set IMAGESPEC_CACHE_DIR to a folder on another one",
      cause: error,
      details: { path, systemCode: code },
    });
  if (code !== undefined && unusable.has(code))
    return new ImageSpecError("STORE_UNUSABLE", `"${path}" cannot be read or written: ${code}`, {
      hint: "Check the owner and permissions of the folder, or choose another one",
      cause: error,
      details: { path, systemCode: code },
    });
  return error;
}

/**
 * Runs one file operation and gives its failures the codes of the catalogue. Others, such as ENOENT, pass as they are.
 *
 * @throws DISK_FULL, STORE_UNUSABLE
 */
export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(error, path);
  }
}
