import { execFile } from "node:child_process";
import { access, chmod, constants, mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import type { ContentStore } from "@imagespec/image-store";
import { downloadWheel } from "../download/download-wheel.ts";
import type { Downloader } from "../download/downloader.ts";
import type { IndexAccess } from "../download/index-access.ts";
import { openZip } from "../wheel/zip-file.ts";
import type { UvSettings } from "./detect.ts";
import { oldestUv, uvRelease } from "./uv-release.ts";

const run = promisify(execFile);

export interface UvProgram {
  readonly path: string;
  readonly version: string;
  /** `fetched`: the pinned release; its behaviour is known. */
  readonly origin: "configured" | "path" | "fetched";
}

export interface FindUvOptions {
  readonly settings: UvSettings;
  readonly cacheFolder: string;
  readonly content: ContentStore;
  readonly downloader: Downloader;
  readonly index: IndexAccess;
  readonly signal: AbortSignal;
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
  return fetchUv(options);
}

async function fetchUv(options: FindUvOptions): Promise<UvProgram> {
  const executable = process.platform === "win32" ? "uv.exe" : "uv";
  const file = path.join(options.cacheFolder, "tools", `uv-${uvRelease.version}`, executable);
  const program: UvProgram = { path: file, version: uvRelease.version, origin: "fetched" };
  if (await isExecutable(file)) return program;
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
    const url = await findInIndex(wheel.filename, options);
    const downloaded = await downloadWheel(
      { ...wheel, url, size: undefined },
      {
        content: options.content,
        downloader: options.downloader,
        loginFor: options.index.loginFor,
        signal: options.signal,
      },
    );
    await using zip = await openZip(downloaded.path);
    const entry = zip.entries.find(({ name }) => name === `uv-${uvRelease.version}.data/scripts/${executable}`);
    if (entry === undefined) throw new ImageSpecError("WHEEL_INVALID", `"${wheel.filename}" holds no uv`);
    await mkdir(path.dirname(file), { recursive: true });
    const partial = `${file}.${process.pid}.partial`;
    await writeFile(partial, zip.content(entry));
    await chmod(partial, 0o755);
    await rename(partial, file);
    return program;
  } catch (cause) {
    if (isImageSpecError(cause, "ABORTED")) throw cause;
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

/** The URL of a file in the `uv` project of the index, by the simple API (JSON of PEP 691, else HTML of PEP 503). */
async function findInIndex(filename: string, options: FindUvOptions): Promise<string> {
  const base = new URL(`${(options.index.defaultIndex ?? "https://pypi.org/simple").replace(/\/$/, "")}/uv/`);
  const { text, contentType } = await options.downloader.text(base.href, {
    accept: "application/vnd.pypi.simple.v1+json, text/html;q=0.5",
    loginFor: options.index.loginFor,
    signal: options.signal,
  });
  const links = contentType.includes("json")
    ? (JSON.parse(text) as { readonly files: readonly { readonly url: string }[] }).files.map(({ url }) => url)
    : [...text.matchAll(/href\s*=\s*"([^"]+)"/gi)].map((match) => (match[1] ?? "").replaceAll("&amp;", "&"));
  const link = links.find((candidate) =>
    decodeURIComponent(new URL(candidate, base).pathname).endsWith(`/${filename}`),
  );
  if (link === undefined) {
    throw new ImageSpecError("INDEX_PROTOCOL", `the package index "${base.origin}" does not have "${filename}"`, {
      hint: "install uv and put it on PATH",
    });
  }
  return new URL(link, base).href;
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
