import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { pythonTree, run } from "@imagespec/test-support";

/** A program of the Python index, ready to run. */
export interface PythonTool {
  /** Runs a module: `[...tool.command, "moto.server", "-p", "1"]`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder of its modules. */
  readonly folder: string;
}

/**
 * Installs a program with the CPython of the test stack's base images, once, into the stack's cache of downloads.
 *
 * @param requirements as pip takes them; the first one names the folder
 * @throws BUILD_STEP_FAILED when the index does not give them
 */
export async function pythonTool(requirements: readonly string[]): Promise<PythonTool> {
  const tree = await pythonTree("3.12");
  const python = path.join(tree.folder, "bin", "python3");
  // What the extension modules stand on lies beside libpython.
  const libraries = { LD_LIBRARY_PATH: path.join(tree.folder, "lib") };
  const key = createHash("sha256")
    .update(JSON.stringify([requirements, tree.version]))
    .digest("hex")
    .slice(0, 12);
  const name = `${requirements[0]?.replace(/[^\w.]+/g, "-")}-${key}`;
  const folder = path.join(path.dirname(tree.cache), "tools", name);
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}.partial`;
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      await run(
        [python, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target", partial, ...requirements],
        {
          env: libraries,
          timeoutMs: 600_000,
        },
      );
      await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
        // Another process was faster.
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      });
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return {
    command: [python, "-m"],
    env: { ...libraries, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", PYTHONNOUSERSITE: "1" },
    folder,
  };
}
