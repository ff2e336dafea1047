import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type TestEntry, tarOf } from "../testing/tar-of.ts";
import { scanBase } from "./scan-base.ts";

const glibc = "\0junk GNU C Library (Debian GLIBC 2.36-9+deb12u9) stable release version 2.36.\nCopyright";
const exe = { mode: 0o755, content: "elf" };
const debian: readonly TestEntry[] = [
  { path: "./" },
  { path: "./usr/" },
  { path: "./usr/lib/" },
  { path: "./lib", link: "usr/lib" },
  { path: "./usr/lib/x86_64-linux-gnu/" },
  { path: "./usr/lib/x86_64-linux-gnu/libc.so.6", content: glibc },
  { path: "./usr/bin/python3.11", ...exe },
  { path: "./usr/bin/python3", link: "python3.11" },
  { path: "./etc/passwd", content: "root:x:0:0:root:/root:/bin/bash\n" },
  { path: "./etc/group", content: "root:x:0:\n" },
  { path: "./tmp/", mode: 0o1777 },
];

function scan(layers: readonly (readonly TestEntry[])[], env: Readonly<Record<string, string>> = {}) {
  const opened = layers.map(
    (entries) =>
      async function* () {
        yield gzipSync(tarOf(entries));
      },
  );
  return scanBase(opened, new Map(Object.entries(env)));
}

test("finds Python, libc, accounts, links and special folders", async () => {
  expect(await scan([debian])).toEqual({
    python: { path: "/usr/bin/python3.11", minor: "3.11", version: undefined },
    libc: { kind: "glibc", version: "2.36" },
    passwd: "root:x:0:0:root:/root:/bin/bash\n",
    group: "root:x:0:\n",
    distributions: {},
    directoryLinks: { lib: "usr/lib" },
    directories: { tmp: { mode: 0o1777, uid: 0, gid: 0 } },
  });
});

test("an official Python image: its Python comes before the system's, with its version", async () => {
  const python: readonly TestEntry[] = [
    { path: "usr/local/bin/python3.12", ...exe },
    { path: "usr/local/bin/python3", link: "python3.12" },
    { path: "usr/local/bin/python", link: "python3" },
  ];
  const env = { PATH: "/usr/local/bin:/usr/bin", PYTHON_VERSION: "3.12.4" };
  const { python: found } = await scan([debian, python], env);
  expect(found).toEqual({ path: "/usr/local/bin/python3.12", minor: "3.12", version: "3.12.4" });
});

test("upper layers hide, replace and take away", async () => {
  const hidden = await scan([debian, [{ path: "usr/bin/.wh.python3.11" }, { path: "etc/.wh.passwd" }]]);
  expect(hidden).toMatchObject({ python: undefined, passwd: undefined });
  const opaque = await scan([debian, [{ path: "usr/bin/.wh..wh..opq" }, { path: "usr/bin/python3.13", ...exe }]]);
  expect(opaque.python).toMatchObject({ path: "/usr/bin/python3.13" });
  const replaced = await scan([
    debian,
    [
      { path: "etc/passwd", link: "../usr/lib/passwd" },
      { path: "usr/lib/passwd", content: "new" },
    ],
  ]);
  expect(replaced.passwd).toBe("new");
});

test("musl", async () => {
  const { libc } = await scan([
    [{ path: "lib/ld-musl-x86_64.so.1", content: "musl libc (x86_64)\nVersion %s\n\0\x001.2.5\0" }],
  ]);
  expect(libc).toEqual({ kind: "musl", version: "1.2" });
});

test("a base made here: the environment's interpreter and what is installed", async () => {
  const site = "opt/venv/lib/python3.11/site-packages";
  const { python, distributions } = await scan([
    debian,
    [
      { path: "usr/local/bin/python3.11", ...exe },
      { path: "opt/venv/pyvenv.cfg", content: "home = /usr/bin\nversion = 3.11\n" },
      { path: "opt/venv/bin/python", link: "/usr/bin/python3.11" },
      { path: `${site}/Foo_Bar-1.2.dist-info/METADATA`, content: "" },
    ],
  ]);
  expect(python).toMatchObject({ path: "/usr/bin/python3.11" });
  expect(distributions).toEqual({ "foo-bar": "1.2" });
});

test("folders of every name, and links to folders that no layer lists, are facts", async () => {
  const { directories, directoryLinks } = await scan([
    [
      { path: "__proto__/", mode: 0o700 },
      { path: "constructor/", mode: 0o711 },
      { path: "home", link: "var/home" },
      { path: "var/home/me/.profile", content: "" },
      { path: "top", link: "/" },
    ],
  ]);
  expect(Object.entries(directories).map(([path, { mode }]) => [path, mode])).toEqual([
    ["__proto__", 0o700],
    ["constructor", 0o711],
  ]);
  expect(directoryLinks).toEqual({ home: "var/home", top: "" });
});

test("a whiteout takes folders away that no layer lists", async () => {
  const { directoryLinks } = await scan([
    [
      { path: "home", link: "a/b" },
      { path: "a/b/c/d", content: "" },
    ],
    [{ path: "a/b/.wh.c" }],
  ]);
  expect(directoryLinks).toEqual({});
});

describe("Python", () => {
  test.each<[string, readonly TestEntry[], string | undefined]>([
    ["that nobody may run", [{ path: "usr/bin/python3.11", content: "" }], undefined],
    ["behind a link that leads nowhere", [{ path: "usr/bin/python3", link: "python3.9" }], undefined],
    [
      "behind links in circles",
      [
        { path: "usr/bin/python3", link: "python" },
        { path: "usr/bin/python", link: "python3" },
      ],
      undefined,
    ],
    [
      "without the short name",
      [
        { path: "usr/bin/python3.9", ...exe },
        { path: "usr/bin/python3.13", ...exe },
      ],
      "/usr/bin/python3.13",
    ],
    [
      "behind a linked folder",
      [
        { path: "bin", link: "usr/bin" },
        { path: "usr/bin/python3.12", ...exe },
        { path: "usr/local/bin/python3", link: "/bin/python3.12" },
      ],
      "/usr/local/bin/python3",
    ],
    ["in a folder above the search path", [{ path: "python3.12", ...exe }], undefined],
    [
      "of version 2",
      [
        { path: "usr/bin/python2.7", ...exe },
        { path: "usr/bin/python", link: "python2.7" },
      ],
      undefined,
    ],
  ])("%s", async (_, entries, path) => {
    const env = { PATH: "/usr/local/bin:/usr/bin:../..:/usr/bin/../..:relative" };
    expect((await scan([entries], env)).python?.path).toBe(path);
  });
});
