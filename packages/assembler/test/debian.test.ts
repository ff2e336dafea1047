import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openContentStore } from "@imagespec/image-store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  buildDebianLayer,
  createDebianFetcher,
  type DebianEnvironment,
  type DebianLayer,
  defaultDebianArchive,
  resolveDebian,
} from "../src/debian/index.ts";

let folder: string;
let env: DebianEnvironment;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-debian-"));
  env = {
    content: await openContentStore(join(folder, "content")),
    fetch: createDebianFetcher(),
    archive: defaultDebianArchive,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function digestOf(layer: DebianLayer): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of layer.tar()) hash.update(piece);
  return hash.digest("hex");
}

async function extract(layer: DebianLayer, name: string): Promise<string> {
  const tar = join(folder, `${name}.tar`);
  const root = join(folder, name);
  await pipeline(Readable.from(layer.tar()), createWriteStream(tar));
  await mkdir(root);
  execFileSync("tar", ["-C", root, "-xpf", tar, "--numeric-owner"]);
  return root;
}

const amRoot = process.platform === "linux" && process.arch === "x64" && process.getuid?.() === 0;
const imports = "ssl, sqlite3, ctypes, lzma, bz2, zlib, curses, readline, uuid, zoneinfo, multiprocessing";

describe.each([
  ["trixie", "3.13", "2.41"],
  ["bookworm", "3.11", "2.36"],
] as const)("%s", (suite, pythonMinor, glibcVersion) => {
  it("is solved, assembled reproducibly, and runs", async () => {
    const lock = await resolveDebian({ suite, architecture: "amd64" }, env);
    expect(lock.packages.length).toBeGreaterThan(45);
    expect(lock.packages.map(({ name }) => name)).not.toEqual(expect.arrayContaining(["dpkg"]));
    const layer = await buildDebianLayer(lock, env, { slim: true });
    expect(layer).toMatchObject({ pythonMinor, pythonPath: `/usr/bin/python${pythonMinor}`, glibcVersion });
    expect(layer.pythonVersion).toMatch(new RegExp(`^${pythonMinor.replace(".", "\\.")}\\.\\d+$`));
    expect(layer.report.setuid).toEqual([]);
    expect(layer.report.contentBytes).toBeLessThan(80e6);
    const digest = await digestOf(layer);
    expect(await digestOf(await buildDebianLayer(lock, env, { slim: true }))).toBe(digest);

    const root = await extract(layer, suite);
    expect(await readFile(join(root, "etc/passwd"), "utf8")).toMatch(/^root:\*:0:0:/);
    const records = await readdir(join(root, "var/lib/dpkg/status.d"));
    expect(records).toHaveLength(2 * lock.packages.length);
    if (!amRoot) return;
    const python = (code: string) => {
      const { status, stdout, stderr } = spawnSync("chroot", [root, "/usr/bin/python3", "-B", "-c", code], {
        encoding: "utf8",
      });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      return stdout.trim();
    };
    expect(python(`import ${imports}, sys; print(sys.version.split()[0])`)).toBe(layer.pythonVersion);
    expect(Number(python("import ssl; print(len(ssl.create_default_context().get_ca_certs()))"))).toBeGreaterThan(100);
    expect(python("import os; os.system('echo $(which awk) | grep -c awk')")).toBe("1");
    // The cache that we write lists what the image's own ldconfig finds.
    const listed = () =>
      execFileSync("chroot", [root, "/usr/sbin/ldconfig", "-p"], { encoding: "utf8" })
        .split("\n")
        .filter((line) => line.includes("=>"));
    const ours = listed();
    execFileSync("chroot", [root, "/usr/sbin/ldconfig"]);
    expect(ours).toEqual(listed());
  });
});

it("solves trixie for arm64", async () => {
  const lock = await resolveDebian({ suite: "trixie", architecture: "arm64" }, env);
  expect(lock.packages.every(({ architecture }) => ["arm64", "all"].includes(architecture))).toBe(true);
  expect(lock.packages.find(({ name }) => name === "libc6")?.path).toMatch(/_arm64\.deb$/);
});

it("adds packages and declines those that would have to run programs", async () => {
  const curl = await resolveDebian({ suite: "trixie", architecture: "amd64", extraRoots: ["curl"] }, env);
  const layer = await buildDebianLayer(curl, env, { slim: true });
  expect(layer.report.packages).toBeGreaterThan(60);
  const graphviz = await resolveDebian({ suite: "trixie", architecture: "amd64", extraRoots: ["graphviz"] }, env);
  await expect(buildDebianLayer(graphviz, env, { slim: true })).rejects.toMatchObject({
    code: "DEBIAN_SCRIPT",
    message: expect.stringContaining('"libgvc6"'),
  });
});
