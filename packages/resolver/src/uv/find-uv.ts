import { execFile } from "node:child_process";
import { access, constants, mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { onDisk, withFileLock } from "@imagespec/image-store";
import type { UvSettings } from "./detect.ts";
import { oldestUv, uvRelease } from "./uv-release.ts";
import { openUvWheel, type UvWheelOptions } from "./uv-wheel.ts";

const run = promisify(execFile);

export interface UvProgram {
  readonly path: string;
  readonly version: string;
  /** `fetched`: the pinned release; its behaviour is known. */
  readonly origin: "configured" | "path" | "fetched";
}

export interface FindUvOptions extends UvWheelOptions {
  readonly settings: UvSettings;
  readonly cacheFolder: string;
  /** Skips the uv on PATH. */
  readonly pinned?: boolean;
}

/**
 * The uv to resolve with: the configured one, one on PATH that is new enough, or the pinned release, which is fetched as
 * a wheel from the package index once and kept in the cache.
 *
 * @throws RESOLVER_UNAVAILABLE
 */
export async function findUv(options: FindUvOptions): Promise<UvProgram> {
  const { settings } = options;
  if (settings.uv !== undefined) {
    const version = await versionOf(settings.uv);
    if (version !== undefined) return { path: settings.uv, version, origin: "configured" };
    throw new ImageSpecError("RESOLVER_UNAVAILABLE", `IMAGESPEC_UV is "${settings.uv}", which is not a uv that runs`, {
      hint: "correct IMAGESPEC_UV, or unset it to have uv fetched",
    });
  }
  if (options.pinned !== true) {
    for (const folder of settings.path) {
      const candidate = path.join(folder, process.platform === "win32" ? "uv.exe" : "uv");
      if (!(await isExecutable(candidate))) continue;
      const version = await versionOf(candidate);
      if (version !== undefined && isNewEnough(version)) return { path: candidate, version, origin: "path" };
    }
  }
  return fetchPinned(options);
}

async function fetchPinned(options: FindUvOptions): Promise<UvProgram> {
  const executable = process.platform === "win32" ? "uv.exe" : "uv";
  const file = path.join(options.cacheFolder, "tools", `uv-${uvRelease.version}`, executable);
  const program: UvProgram = { path: file, version: uvRelease.version, origin: "fetched" };
  // A file that does not run, cut short by a power failure for one, is fetched again.
  const isReady = async (): Promise<boolean> =>
    (await isExecutable(file)) && (await versionOf(file)) === uvRelease.version;
  if (await isReady()) return program;
  const key = hostKey();
  const wheel = Object.hasOwn(uvRelease.wheels, key)
    ? uvRelease.wheels[key as keyof typeof uvRelease.wheels]
    : undefined;
  if (wheel === undefined) {
    throw new ImageSpecError("RESOLVER_UNAVAILABLE", `there is no uv to fetch for "${key}"`, {
      hint: "install uv and put it on PATH",
    });
  }
  try {
    const lock = path.join(options.cacheFolder, "locks", `uv-${uvRelease.version}.lock`);
    const install = async (): Promise<void> => {
      if (!(await isReady())) await installUv(file, wheel, options);
    };
    await withFileLock(lock, install, { signal: options.signal });
    return program;
  } catch (cause) {
    if (isImageSpecError(cause) && ["ABORTED", "DISK_FULL", "STORE_UNUSABLE"].includes(cause.code)) throw cause;
    throw new ImageSpecError(
      "RESOLVER_UNAVAILABLE",
      `uv, which resolves packages, is not installed and could not be fetched: ${messageOf(cause)}`,
      {
        hint: "install uv and put it on PATH, or make the package index reachable",
        cause,
      },
    );
  }
}

async function installUv(
  file: string,
  wheel: { readonly filename: string; readonly sha256: string },
  options: FindUvOptions,
): Promise<void> {
  const { content } = options;
  await using opened = await openUvWheel(wheel, options);
  await using partial = await content.temporaryFile();
  await onDisk(partial.path, () => writeFile(partial.path, opened.binary(path.basename(file)), { mode: 0o755 }));
  await onDisk(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await rename(partial.path, file);
  });
}

function hostKey(): string {
  if (process.platform !== "linux") return `${process.platform}-${process.arch}`;
  const report = process.report?.getReport() as
    | { readonly header?: { readonly glibcVersionRuntime?: string } }
    | undefined;
  return `linux-${process.arch}-${report?.header?.glibcVersionRuntime === undefined ? "musl" : "glibc"}`;
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, ["--version"], { timeout: 20_000 });
    return /^uv (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    // Not a uv, or not for this machine: the next one is tried.
    return undefined;
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function isNewEnough(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [position, least] of oldestUv.entries()) {
    const part = parts[position] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
