import { rm, writeFile } from "node:fs/promises";
import { readTar, type TarHeader } from "@imagespec/image-store";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createFakeArchive, type FakeDebianArchive } from "../../test/support/debian-archive.ts";
import { elfOf, type FixturePackage, sha256 } from "../../test/support/debian-fixtures.ts";
import { buildDebianLayer, type DebianLayer } from "./build-debian-layer.ts";
import type { DebianLock } from "./debian-lock.ts";
import { resolveDebian } from "./resolve-debian.ts";
import { debianRoots } from "./root-set.ts";

const loader = "/lib64/ld-linux-x86-64.so.2";
const special: Readonly<Record<string, Omit<FixturePackage, "name">>> = {
  "python3.13-minimal": {
    version: "3.13.5-2+deb13u1",
    fields: { Depends: "libc6" },
    files: [
      { path: "usr/bin/python3.13", content: elfOf({ needed: ["libc.so.6"], interpreter: loader }), mode: 0o755 },
    ],
  },
  bash: {
    files: [
      { path: "bin/" },
      { path: "bin/bash", content: "bash", mode: 0o755 },
      { path: "usr/share/doc/bash/copyright", content: "free" },
      { path: "usr/share/doc/bash/README", content: "read" },
    ],
  },
  mawk: {
    scripts: { postinst: "#!/bin/sh\nset -e\nupdate-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5\n" },
    files: [{ path: "usr/bin/mawk", content: "mawk", mode: 0o755 }],
  },
};
const base: readonly FixturePackage[] = [
  ...debianRoots("trixie", "b").map((name) => ({ name, ...special[name] })),
  {
    name: "libc6",
    version: "2.41-12+deb13u3",
    files: [
      { path: "lib/x86_64-linux-gnu/libc.so.6", content: elfOf({ soname: "libc.so.6" }) },
      { path: "lib64/ld-linux-x86-64.so.2", link: "../lib/x86_64-linux-gnu/libc.so.6" },
    ],
  },
];

let archive: FakeDebianArchive;
beforeAll(async () => {
  archive = await createFakeArchive();
});
afterAll(() => archive[Symbol.asyncDispose]());
beforeEach(() => archive.files.clear());

async function lockOf(...extra: readonly FixturePackage[]): Promise<DebianLock> {
  const names = new Set(extra.map(({ name }) => name));
  await archive.publish([...base.filter(({ name }) => !names.has(name)), ...extra], {
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
  });
  return resolveDebian(
    { suite: "trixie", architecture: "amd64", keys: archive.keys, extraRoots: [...names] },
    archive.env,
  );
}

async function entriesOf(layer: DebianLayer): Promise<Map<string, TarHeader & { readonly text: string }>> {
  const entries = new Map<string, TarHeader & { readonly text: string }>();
  for await (const { header, content } of readTar(layer.tar())) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    entries.set(header.path, { ...header, text: Buffer.concat(pieces).toString() });
  }
  return entries;
}

async function digestOf(layer: DebianLayer): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of layer.tar()) pieces.push(piece);
  return sha256(Buffer.concat(pieces));
}

describe("buildDebianLayer", () => {
  it("makes a merged tree with python3, alternatives, records and no foreign dates", async () => {
    const lock = await lockOf();
    const layer = await buildDebianLayer(lock, archive.env, { slim: true });
    const { tar: _, report, ...facts } = layer;
    expect(facts).toEqual({
      pythonVersion: "3.13.5",
      pythonMinor: "3.13",
      pythonPath: "/usr/bin/python3.13",
      glibcVersion: "2.41",
    });
    expect(report.emulated).toEqual(["mawk.postinst: alternative awk"]);
    const entries = await entriesOf(layer);
    expect(entries.get("bin")).toMatchObject({ type: "symlink", linkPath: "usr/bin" });
    expect(entries.get("usr/bin/bash")).toMatchObject({ type: "file", text: "bash" });
    expect(entries.get("usr/bin/python3")).toMatchObject({ type: "symlink", linkPath: "python3.13" });
    expect(entries.get("usr/bin/awk")?.linkPath).toBe("/etc/alternatives/awk");
    expect(entries.get("etc/alternatives/awk")?.linkPath).toBe("/usr/bin/mawk");
    expect(entries.get("tmp")).toMatchObject({ type: "directory", mode: 0o1777 });
    expect(entries.get("var/lib/dpkg/status.d/libc6")?.text).toMatch(/^Package: libc6\nVersion: 2\.41-12.*\n$/s);
    expect(entries.has("var/lib/dpkg/status")).toBe(false);
    expect(entries.get("usr/share/doc/bash/copyright")?.text).toBe("free");
    expect(entries.has("usr/share/doc/bash/README")).toBe(false);
    const times = new Set([...entries.values()].map(({ mtime }) => mtime));
    expect(times).toEqual(new Set([1_700_000_000, Date.parse(lock.indexes[0]!.date) / 1000]));
    expect([...entries.keys()]).toEqual([...entries.keys()].sort());
  });

  it("gives the same bytes every time, without the network once the packages are there", async () => {
    const lock = await lockOf();
    const first = await digestOf(await buildDebianLayer(lock, archive.env, { slim: true }));
    archive.files.clear();
    const again = await buildDebianLayer(lock, archive.env, { slim: true });
    expect(await digestOf(again)).toBe(first);
    expect(await digestOf(again)).toBe(first);
    expect(await digestOf(await buildDebianLayer(lock, archive.env, { slim: false }))).not.toBe(first);
  });

  it("keeps hard links, the first path being the file", async () => {
    const lock = await lockOf({
      name: "perl-base",
      files: [
        { path: "usr/bin/zz", content: "perl", mode: 0o755 },
        { path: "usr/bin/perl", hardlink: "usr/bin/zz" },
      ],
    });
    const entries = await entriesOf(await buildDebianLayer(lock, archive.env, { slim: true }));
    expect(entries.get("usr/bin/perl")).toMatchObject({ type: "file", text: "perl" });
    expect(entries.get("usr/bin/zz")).toMatchObject({ type: "hardlink", linkPath: "usr/bin/perl" });
  });

  it.each<[string, FixturePackage, string, RegExp]>([
    [
      "a script nobody has reviewed",
      { name: "evil", scripts: { postinst: "#!/bin/sh\nuseradd evil\n" } },
      "DEBIAN_SCRIPT",
      /postinst of "evil" has not been reviewed/,
    ],
    [
      "a reviewed script that has changed",
      { name: "tzdata", scripts: { postinst: "#!/bin/sh\nuseradd evil\n" } },
      "DEBIAN_SCRIPT",
      /postinst of "tzdata" differs/,
    ],
    [
      "a script in another language",
      { name: "evil", scripts: { preinst: "#!/usr/bin/perl\n" } },
      "DEBIAN_SCRIPT",
      /not a shell script/,
    ],
    [
      "a name that objects have",
      { name: "constructor", scripts: { postinst: "#!/bin/sh\nuseradd evil\n" } },
      "DEBIAN_SCRIPT",
      /"constructor" has not been reviewed/,
    ],
    [
      "a file that another package has",
      { name: "evil", files: [{ path: "bin/bash", content: "evil" }] },
      "DEBIAN_INDEX",
      /"usr\/bin\/bash", which package "bash"/,
    ],
    [
      "a path that leaves the tree",
      { name: "evil", files: [{ path: "../x", content: "" }] },
      "DEBIAN_INDEX",
      /unsafe path/,
    ],
    [
      "a top-level link elsewhere",
      { name: "evil", files: [{ path: "lib", link: "tmp/lib" }] },
      "DEBIAN_INDEX",
      /not a link to "usr\/lib"/,
    ],
    [
      "a hard link to nothing",
      { name: "evil", files: [{ path: "usr/bin/x", hardlink: "usr/bin/none" }] },
      "DEBIAN_INDEX",
      /points to nothing/,
    ],
    [
      "hard links that point at each other",
      {
        name: "evil",
        files: [
          { path: "usr/bin/x", hardlink: "usr/bin/y" },
          { path: "usr/bin/y", hardlink: "usr/bin/x" },
        ],
      },
      "DEBIAN_INDEX",
      /points to nothing/,
    ],
    [
      "a missing library",
      { name: "evil", files: [{ path: "usr/bin/x", content: elfOf({ needed: ["libgone.so.1"] }) }] },
      "DEBIAN_INDEX",
      /library "libgone\.so\.1" for "usr\/bin\/x"/,
    ],
  ])("refuses %s", async (_, evil, code, message) => {
    const lock = await lockOf(evil);
    const failure = buildDebianLayer(lock, archive.env, { slim: true });
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("refuses a package that is not the one of the index", async () => {
    const lock = await lockOf();
    const packages = lock.packages.map((entry) => (entry.name === "mawk" ? { ...entry, version: "9" } : entry));
    await expect(buildDebianLayer({ ...lock, packages }, archive.env, { slim: true })).rejects.toThrow(
      /states Version "1.0-1"/,
    );
  });

  it("refuses a changed package, and says so when the archive has it no more", async () => {
    const lock = await lockOf({ name: "new", version: "7" });
    const url = `http://archive.test/debian/${lock.packages.find(({ name }) => name === "new")!.path}`;
    archive.files.set(url, Buffer.alloc(archive.files.get(url)!.length));
    await expect(buildDebianLayer(lock, archive.env, { slim: true })).rejects.toMatchObject({ code: "DEBIAN_INDEX" });
    archive.files.delete(url);
    await expect(buildDebianLayer(lock, archive.env, { slim: true })).rejects.toMatchObject({
      code: "DEBIAN_PACKAGE_NOT_FOUND",
      message: expect.stringContaining('"new" 7'),
    });
  });

  it("replaces a damaged copy in the cache", async () => {
    const lock = await lockOf();
    const first = await digestOf(await buildDebianLayer(lock, archive.env, { slim: true }));
    const { sha256: hex, size } = lock.packages[0]!;
    const file = archive.env.content.path(`sha256:${hex}`);
    await rm(file);
    await writeFile(file, Buffer.alloc(size));
    expect(await digestOf(await buildDebianLayer(lock, archive.env, { slim: true }))).toBe(first);
  });

  it("stops when it is aborted", async () => {
    const lock = await lockOf();
    const signal = AbortSignal.abort();
    await expect(buildDebianLayer(lock, { ...archive.env, signal }, { slim: true })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });
});
