import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../process/run.ts";
import { type FileServer, serveFiles } from "../process/serve-files.ts";
import { cachedArchive } from "../python-tree/cached-archive.ts";
import { type PythonTree, pythonTree } from "../python-tree/python-tree.ts";
import type { StackPython } from "../stack/stack.ts";

/** What a mirror of Pythons has. */
export interface PythonMirrorOptions {
  /** @default ["3.12"] */
  readonly minors?: readonly StackPython[];
}

/** A mirror that uv takes managed Pythons from. */
export interface PythonMirror extends FileServer {
  /** For `UV_PYTHON_DOWNLOADS_JSON_URL`, or `python-downloads-json-url` of a uv.toml. Its links lead to the address that it is asked under. */
  readonly downloads: string;
  /** Minor to patch version of what it has. */
  readonly versions: Readonly<Partial<Record<StackPython, string>>>;
}

/** Any release date: uv shows it as the build of the archive. */
const build = "20260101";

/**
 * Serves CPythons in the form of python-build-standalone's `install_only_stripped` archives, for Linux on x86-64 with glibc,
 * and the document by which uv finds them. They are the CPythons of the stack's base images, repacked.
 */
export async function servePythonMirror(options: PythonMirrorOptions = {}): Promise<PythonMirror> {
  const { minors = ["3.12"] } = options;
  const archives = await Promise.all(minors.map(async (minor) => repack(await pythonTree(minor))));
  const server = await serveFiles((asked, origin) => {
    if (asked === "/downloads.json") return JSON.stringify(downloadsDocument(archives, origin));
    const archive = archives.find(({ file }) => asked === `/${path.basename(file)}`);
    return archive === undefined ? undefined : { file: archive.file };
  });
  return {
    ...server,
    downloads: `${server.url}/downloads.json`,
    versions: Object.fromEntries(minors.map((minor, at) => [minor, archives[at]?.version])),
  };
}

interface Archive {
  readonly file: string;
  readonly sha256: string;
  readonly version: string;
}

async function repack({ folder, version, cache }: PythonTree): Promise<Archive> {
  const name = `cpython-${version}+${build}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz`;
  const file = await cachedArchive(cache, name, async (target) => {
    const owner = ["--numeric-owner", "--owner=0", "--group=0", "--mtime=@0", "--sort=name"];
    const rename = ["--transform", "s,^\\./,python/,", "--directory", folder];
    await run(["tar", "--create", "--gzip", "--file", target, ...owner, ...rename, "./bin", "./include", "./lib"]);
  });
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { file, sha256: hash.digest("hex"), version };
}

/** The shape of uv's own list (`crates/uv-python/download-metadata.json`). */
function downloadsDocument(archives: readonly Archive[], origin: string): unknown {
  return Object.fromEntries(
    archives.map(({ file, sha256, version }) => {
      const [major, minor, patch] = version.split(".").map(Number);
      const download = {
        name: "cpython",
        arch: { family: "x86_64", variant: null },
        os: "linux",
        libc: "gnu",
        major,
        minor,
        patch,
        prerelease: "",
        url: `${origin}/${encodeURIComponent(path.basename(file))}`,
        sha256,
        variant: null,
        build,
      };
      return [`cpython-${version}-linux-x86_64-gnu`, download];
    }),
  );
}
