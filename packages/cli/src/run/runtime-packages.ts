import { createHash } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { withFileLock } from "@imagespec/image-store";
import { findProgram } from "./find-program.ts";
import { lookAt } from "./path-in-root.ts";
import { tryProgram } from "./run-program.ts";
import type { RunnableImage } from "./runnable-image.ts";

interface InstallOptions {
  readonly cacheFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/**
 * The packages that an image wants to have installed when it starts, in a folder of this machine; nothing when it wants none.
 * Installed once for the same image and packages.
 *
 * @throws RUN_UNAVAILABLE without uv, SPEC_UNSOLVABLE when the packages cannot be installed
 */
export async function installRuntimePackages(
  image: RunnableImage,
  options: InstallOptions,
): Promise<string | undefined> {
  const { cacheFolder, signal, onProgress } = options;
  const packages = packagesOf(image);
  if (packages.length === 0) return undefined;
  const key = createHash("sha256")
    .update(JSON.stringify([image.descriptor.digest, packages]))
    .digest("hex");
  const folder = join(cacheFolder, "run", "packages", key);
  if (lookAt(folder) !== undefined) return folder;
  const uv = await findUv(options);
  return withFileLock(
    `${folder}.lock`,
    async () => {
      if (lookAt(folder) !== undefined) return folder;
      onProgress(`installing ${packages.join(", ")}`);
      const partial = `${folder}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true, mode: 0o755 });
      await install(uv, packages, partial, image, options);
      await rename(partial, folder);
      return folder;
    },
    { signal },
  );
}

function packagesOf({ config }: RunnableImage): readonly string[] {
  const prefix = "IMAGESPEC_RUNTIME_PACKAGES=";
  const pair = config.config?.Env?.find((entry) => entry.startsWith(prefix));
  if (pair === undefined) return [];
  const list: unknown = JSON.parse(pair.slice(prefix.length));
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
}

async function findUv({ env, cacheFolder }: InstallOptions): Promise<string> {
  const configured = env["IMAGESPEC_UV"];
  const found = configured ?? (await findProgram("uv", env)) ?? (await findFetchedUv(cacheFolder));
  if (found !== undefined) return found;
  throw new ImageSpecError("RUN_UNAVAILABLE", "the image installs packages when it starts, which needs uv", {
    hint: "install uv and put it on PATH",
  });
}

/** The one that the resolver fetched for builds. */
async function findFetchedUv(cacheFolder: string): Promise<string | undefined> {
  const { readdir } = await import("node:fs/promises");
  const tools = join(cacheFolder, "tools");
  const names = lookAt(tools) === undefined ? [] : await readdir(tools);
  return names
    .filter((name) => name.startsWith("uv-"))
    .map((name) => join(tools, name, process.platform === "win32" ? "uv.exe" : "uv"))
    .findLast((file) => lookAt(file) !== undefined);
}

async function install(
  uv: string,
  packages: readonly string[],
  target: string,
  { config, platform }: RunnableImage,
  { env, signal }: InstallOptions,
): Promise<void> {
  const python = config.config?.Env?.find((entry) => entry.startsWith("PYTHON_VERSION="))?.slice(15);
  const machine = platform.startsWith("linux/arm64") ? "aarch64" : "x86_64";
  const args = [
    ...["pip", "install", "--quiet", "--target", target, "--only-binary", ":all:"],
    ...["--python-platform", `${machine}-manylinux_2_28`],
    ...(python === undefined ? [] : ["--python-version", python]),
    ...packages,
  ];
  const { exitCode, stderr } = await tryProgram(uv, args, { env, signal, timeoutMs: 600_000 });
  if (exitCode === 0) return;
  throw new ImageSpecError("SPEC_UNSOLVABLE", `the runtime packages "${packages.join(" ")}" cannot be installed`, {
    hint: "correct runtimePackages",
    logTail: stderr.split("\n").filter((line) => line !== ""),
  });
}
