import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

// Administrators' programs are not on everybody's PATH.
const systemFolders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The absolute path of a program on PATH or in a system folder. */
export async function findProgram(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const folders = [...(env["PATH"] ?? "").split(delimiter).filter(Boolean), ...systemFolders];
  const names = process.platform === "win32" ? [`${name}.exe`] : [name];
  for (const file of folders.flatMap((folder) => names.map((candidate) => join(folder, candidate)))) {
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
