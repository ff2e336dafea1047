import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { run } from "@imagespec/test-support";

/**
 * A program that Go builds from its module, once per version, into the cache of the test stack.
 *
 * @returns its path; nothing where there is no Go
 */
export async function goTool(module: string, version: string): Promise<string | undefined> {
  const name = path.basename(module);
  const tools = path.join(
    process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"),
    "imagespec-dev",
    "stack",
    "tools",
  );
  const folder = path.join(tools, `${name}-${version}`);
  if (existsSync(path.join(folder, name))) return path.join(folder, name);
  await mkdir(tools, { recursive: true });
  const partial = await mkdtemp(path.join(tools, "building-"));
  try {
    const env = { GOBIN: partial, GOFLAGS: "", CGO_ENABLED: "0" };
    await run(["go", "install", `${module}@${version}`], { cwd: partial, env, timeoutMs: 900_000 });
    await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return path.join(folder, name);
}
