import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder that is removed when it is disposed of. */
export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** A path inside it. */
  join(...parts: readonly string[]): string;
}

/** Creates an empty folder: `await using folder = await temporaryFolder()`. */
export async function temporaryFolder(prefix = "imagespec-kit-"): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), prefix));
  return {
    path: folder,
    join: (...parts) => path.join(folder, ...parts),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
