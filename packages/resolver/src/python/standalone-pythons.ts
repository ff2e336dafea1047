import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { TargetEnvironment } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { type ContentStore, type KeyIndex, onDisk, openKeyIndex, withFileLock } from "@imagespec/image-store";
import { type Digest, isDigest, parsePlatform } from "@imagespec/oci";
import { caText } from "../download/ca-text.ts";
import { createDownloader } from "../download/downloader.ts";
import type { IndexAccess } from "../download/index-access.ts";
import type { UvSettings } from "../uv/detect.ts";
import { findUv } from "../uv/find-uv.ts";
import { runUv, type UvRun, uvEnvironment } from "../uv/run-uv.ts";

/** A CPython that stands on a C library alone: a build of python-build-standalone, as uv knows it. */
export interface StandalonePython {
  /** `cpython-3.12.9-linux-x86_64-gnu` */
  readonly key: string;
  /** `3.12.9` */
  readonly version: string;
  readonly url: string;
}

export interface StandalonePythonsOptions {
  readonly settings: UvSettings;
  readonly content: ContentStore;
  /** Where uv is kept, and which archives are there. */
  readonly cacheFolder: string;
  /** Where uv itself comes from. */
  readonly index: IndexAccess;
  readonly signal: AbortSignal;
  /** URL in whose place that of python-build-standalone's releases stands. @default `UV_PYTHON_INSTALL_MIRROR` */
  readonly mirror?: string | undefined;
  readonly onLog?: (text: string) => void;
}

const machines: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64" };

/** Finds and fetches CPythons for images whose base has none, or another one. uv says where they are, and checks their digest. */
export class StandalonePythons {
  readonly #options: StandalonePythonsOptions;
  #program: Promise<string> | undefined;

  constructor(options: StandalonePythonsOptions) {
    this.#options = options;
  }

  /**
   * The newest build of a version: a minor or a patch. uv has the list, no network is needed.
   *
   * @throws BASE_UNSUPPORTED when there is none, RESOLVER_UNAVAILABLE, RESOLVER_FAILED
   */
  async find(
    version: string,
    { platform, libc }: Pick<TargetEnvironment, "platform" | "libc">,
  ): Promise<StandalonePython> {
    const { architecture } = parsePlatform(platform);
    const machine = machines[architecture];
    const flags = ["--only-downloads", "--all-versions", "--all-platforms", "--all-arches", "--output-format", "json"];
    const { exitCode, stdout, stderr } = await this.#run(["python", "list", ...flags, version]);
    if (exitCode !== 0) throw failed("list", stderr);
    const suffix = `-linux-${machine ?? architecture}-${libc.kind === "musl" ? "musl" : "gnu"}`;
    const found = parseList(stdout).find(({ key }) => key.startsWith("cpython-") && key.endsWith(suffix));
    if (found !== undefined) return found;
    const message = `there is no standalone Python "${version}" for ${platform} with ${libc.kind}`;
    const hint = "choose a base that has it, or another pythonVersion";
    throw new ImageSpecError("BASE_UNSUPPORTED", message, {
      hint,
      problems: [{ code: "BASE_UNSUPPORTED", path: "pythonVersion", message, hint }],
    });
  }

  /**
   * The archive of one, a gzipped tar whose files are below `python/`, in the content store.
   *
   * @throws RESOLVER_UNAVAILABLE, RESOLVER_FAILED, DISK_FULL, STORE_UNUSABLE, ABORTED
   */
  async fetch(python: StandalonePython): Promise<Digest> {
    const { content, cacheFolder, signal } = this.#options;
    const archives: KeyIndex<Digest> = await openKeyIndex(path.join(cacheFolder, "pythons"), {
      parse: (value) => (isDigest(value) ? value : undefined),
    });
    const known = async (): Promise<Digest | undefined> => {
      const digest = await archives.get(python.url);
      return digest !== undefined && (await content.has(digest)) ? digest : undefined;
    };
    const lock = path.join(content.root, "locks", `${python.key}.lock`);
    return withFileLock(
      lock,
      async () => {
        const digest = (await known()) ?? (await this.#download(python));
        await archives.set(python.url, digest);
        return digest;
      },
      { signal },
    );
  }

  async #download(python: StandalonePython): Promise<Digest> {
    const { content, signal } = this.#options;
    await using place = await content.temporaryFile();
    const folder = `${place.path}.python`;
    const archives = path.join(folder, "archives");
    try {
      // uv keeps what it has downloaded and checked; that it also unpacks it is of no use here.
      const args = ["python", "install", "--no-bin", "--install-dir", path.join(folder, "installed"), python.key];
      const { exitCode, stderr } = await this.#run(args, { UV_PYTHON_CACHE_DIR: archives });
      if (exitCode !== 0) throw failed("install", stderr);
      const [archive] = (await onDisk(archives, () => readdir(archives))).filter((name) => name.endsWith(".tar.gz"));
      if (archive === undefined) throw failed("install", "uv kept no archive of it");
      const { createReadStream } = await import("node:fs");
      return (await content.write(createReadStream(path.join(archives, archive)), { signal })).digest;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<UvRun> {
    const { settings, content, index, signal, onLog, mirror } = this.#options;
    this.#program ??= this.#find();
    const kept = ["UV_PYTHON_DOWNLOADS_JSON_URL", "UV_PYTHON_INSTALL_MIRROR"].flatMap((name) => {
      const value = settings.env[name];
      return value === undefined || value === "" ? [] : [[name, value] as const];
    });
    return runUv(await this.#program, args, {
      cwd: content.root,
      env: {
        ...uvEnvironment(settings.env, { ...index, caFile: settings.caFile }),
        ...Object.fromEntries(kept),
        ...(mirror === undefined ? {} : { UV_PYTHON_INSTALL_MIRROR: mirror }),
        UV_PYTHON_DOWNLOADS: "manual",
        ...environment,
      },
      signal,
      onLog,
    });
  }

  async #find(): Promise<string> {
    const { settings, content, index, signal, cacheFolder } = this.#options;
    const downloader = createDownloader({ ca: await caText(settings.caFile) });
    try {
      return (await findUv({ settings, cacheFolder, content, downloader, index, signal })).path;
    } finally {
      await downloader.close();
    }
  }
}

function parseList(stdout: string): readonly StandalonePython[] {
  const list: unknown = JSON.parse(stdout);
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const { key, version, url, variant } = entry as Partial<Record<string, unknown>>;
    if (typeof key !== "string" || typeof version !== "string" || typeof url !== "string") return [];
    // Not the ones without the global lock, or with assertions.
    return variant === "default" && /^\d+\.\d+\.\d+$/.test(version) ? [{ key, version, url }] : [];
  });
}

function failed(action: string, stderr: string): ImageSpecError {
  const lines = stderr.trim().split("\n");
  const said = lines.findLast((line) => /^(?:error|\s*cause|\s*Caused by)/i.test(line)) ?? lines.at(-1) ?? "";
  return new ImageSpecError("RESOLVER_FAILED", `uv could not ${action} a standalone Python: ${said.trim()}`, {
    hint: "check the network, name a mirror by UV_PYTHON_INSTALL_MIRROR, or choose a base that has this Python",
    logTail: lines.slice(-20),
  });
}
