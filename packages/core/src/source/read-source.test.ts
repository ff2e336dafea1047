import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ImageSpec } from "../spec/image-spec.ts";
import type { ImageSpecInput } from "../spec/image-spec-input.ts";
import { normalizeImageSpec } from "../spec/normalize-image-spec.ts";
import { errorOf } from "../testing/error-of.ts";
import { createSpecFolder } from "../testing/spec-folder.ts";
import { readSource } from "./read-source.ts";

const read = (input: ImageSpecInput, root: string, sourceFiles?: readonly string[]) =>
  readSource(normalizeImageSpec(new ImageSpec(input)), { root, sourceFiles, signal: undefined });
const names = async (input: ImageSpecInput, root: string) =>
  (await read(input, root)).files.map(({ destination }) => destination);

describe("the source tree", () => {
  test("has the contents of sourceRoot in the workdir, sorted by bytes", async () => {
    await using folder = await createSpecFolder({
      "src/b.py": "b",
      "src/a/z.py": "z",
      "src/a.py": "a",
      "src/\u{1F600}": "1",
      "src/\uFFEE": "2",
    });
    expect(await names({ sourceRoot: "src", workdir: "/srv" }, folder.path)).toEqual([
      "/srv/a.py",
      "/srv/a/z.py",
      "/srv/b.py",
      "/srv/\uFFEE",
      "/srv/\u{1F600}",
    ]);
  });

  test("is no virtual environment", async () => {
    await using folder = await createSpecFolder({ "env/pyvenv.cfg": "home = /usr/bin", "env/bin/x": "x" });
    expect(await errorOf(() => read({ sourceRoot: "env" }, folder.path))).toMatchObject({
      code: "SPEC_VALUE",
      message: 'sourceRoot: "env" is a virtual environment of this machine, not source',
    });
  });

  test("carries the user's exec bit alone, sizes and digests", async () => {
    await using folder = await createSpecFolder({ "run.sh": { run: "#!/bin/sh\n" }, "x.txt": "hello" });
    const tree = await read({ sourceRoot: "." }, folder.path);
    expect(tree.files).toMatchObject([
      { destination: "/app/run.sh", kind: "file", executable: true, size: 10 },
      {
        destination: "/app/x.txt",
        executable: false,
        size: 5,
        digest: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
      },
    ]);
    expect(tree.size).toBe(15);
  });

  test("does not have what is never in an image", async () => {
    await using folder = await createSpecFolder({
      "keep.py": "",
      ".git/config": "",
      "sub/.git": "gitdir: x",
      "__pycache__/x.pyc": "",
      "sub/y.pyc": "",
      ".DS_Store": "",
      ".imagespec/x": "",
      ".venv/pyvenv.cfg": "",
      ".venv/lib/x.py": "",
      "env3/pyvenv.cfg": "",
      "venv/not-one.py": "",
      ".env": "TOKEN=1",
      "sub/.env.local": "TOKEN=1",
      ".netrc": "",
    });
    expect(await names({ sourceRoot: "." }, folder.path)).toEqual(["/app/keep.py", "/app/venv/not-one.py"]);
  });

  test("has a .env only by an exception in .dockerignore", async () => {
    await using folder = await createSpecFolder({ ".env": "A=1", ".dockerignore": "!.env\n", ".gitignore": "!.env\n" });
    expect(await names({ sourceRoot: "." }, folder.path)).toContain("/app/.env");
    await folder.write({ ".dockerignore": "" });
    expect(await names({ sourceRoot: "." }, folder.path)).not.toContain("/app/.env");
  });

  test("follows nested .gitignore files, the deepest last", async () => {
    await using folder = await createSpecFolder({
      ".gitignore": "*.log\nbuild/\n/only-root\n",
      "a.log": "",
      "only-root": "",
      "sub/only-root": "",
      "sub/.gitignore": "!keep.log\n*.tmp\n",
      "sub/keep.log": "",
      "sub/x.tmp": "",
      "x.tmp": "",
      "build/x": "",
      "sub/build/y": "",
    });
    expect(await names({ sourceRoot: "." }, folder.path)).toEqual([
      "/app/.gitignore",
      "/app/sub/.gitignore",
      "/app/sub/keep.log",
      "/app/sub/only-root",
      "/app/x.tmp",
    ]);
  });

  test("follows .gitignore files between the root and sourceRoot", async () => {
    await using folder = await createSpecFolder({
      ".gitignore": "*.log\n/src/gen/\n",
      "src/a.log": "",
      "src/a.py": "",
      "src/gen/b.py": "",
    });
    expect(await names({ sourceRoot: "src" }, folder.path)).toEqual(["/app/a.py"]);
  });

  test("gives .dockerignore the last word, also about built files that .gitignore hides (flyte#5644)", async () => {
    await using folder = await createSpecFolder({
      ".gitignore": "dist/\n",
      ".dockerignore": "docs\n**/*.md\n!dist/app.bin\n",
      "dist/app.bin": "1",
      "dist/other": "",
      "docs/a.py": "",
      "sub/x.md": "",
      "a.py": "",
    });
    expect(await names({ sourceRoot: "." }, folder.path)).toEqual([
      "/app/.dockerignore",
      "/app/.gitignore",
      "/app/a.py",
      "/app/dist/app.bin",
    ]);
  });

  test("changes its fingerprint with an ignore file exactly when other files are in it (flyte#6990, flyte-sdk#799)", async () => {
    const { resolveImageSpec } = await import("../spec/resolve-image-spec.ts");
    await using folder = await createSpecFolder({ "src/a.py": "", "src/b.log": "", ".dockerignore": "" });
    const of = async () =>
      (await resolveImageSpec(new ImageSpec({ sourceRoot: "src" }), { root: folder.path })).fingerprint;
    const before = await of();
    await folder.write({ ".dockerignore": "**/*.log\n" });
    const without = await of();
    expect(without).not.toBe(before);
    await folder.write({ "src/b.log": "edited", ".dockerignore": "# comment\n**/*.log\n" });
    expect(await of()).toBe(without);
  });

  test("keeps links that stay inside and refuses others", async () => {
    await using folder = await createSpecFolder({
      "src/a/x": "1",
      "src/a/link": { link: "../b" },
      "src/b": "2",
      outside: "3",
    });
    const tree = await read({ sourceRoot: "src" }, folder.path);
    expect(tree.files.find(({ kind }) => kind === "symlink")).toMatchObject({
      destination: "/app/a/link",
      linkTarget: "../b",
      size: 0,
    });
    for (const target of ["../outside", "/etc/passwd", join(folder.path, "src/b"), "a/../../outside"]) {
      await symlink(target, join(folder.path, "src/bad"));
      expect((await errorOf(() => read({ sourceRoot: "src" }, folder.path))).code).toBe("SPEC_SYMLINK_OUTSIDE");
      await rm(join(folder.path, "src/bad"));
    }
  });

  test("refuses a link whose way through another link leads outside", async () => {
    await using folder = await createSpecFolder({ "src/deep/er/x": "1", "src/up": { link: "deep/er" } });
    await symlink("up/../../../secret", join(folder.path, "src/sly"));
    await writeFile(join(folder.path, "secret"), "s");
    expect((await errorOf(() => read({ sourceRoot: "src" }, folder.path))).code).toBe("SPEC_SYMLINK_OUTSIDE");
  });

  test("refuses sockets", async () => {
    await using folder = await createSpecFolder({ "src/x": "" });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder.path, "src/s.sock"), resolve));
    const error = await errorOf(() => read({ sourceRoot: "src" }, folder.path));
    server.close();
    expect([error.code, error.message]).toEqual(["SPEC_SOURCE_UNSUPPORTED", 'sourceRoot: "s.sock" is a socket']);
  });

  test("suggests a near name for what is missing", async () => {
    await using folder = await createSpecFolder({ "source/x": "", "data/model.bin": "" });
    const root = await errorOf(() => read({ sourceRoot: "sorce" }, folder.path));
    expect([root.code, root.hint]).toEqual(["SPEC_FILE_MISSING", 'did you mean "source"?']);
    const copy = await errorOf(() => read({ copy: ["data/modle.bin"] }, folder.path));
    expect([copy.message, copy.hint]).toEqual([
      'copy[0]: "data/modle.bin" does not exist',
      'did you mean "data/model.bin"?',
    ]);
  });

  test("has exactly the listed files in loaded-modules mode", async () => {
    await using folder = await createSpecFolder({
      "src/a.py": "",
      "src/b.py": "",
      "out.py": "",
      "src/__pycache__/a.pyc": "",
    });
    const spec: ImageSpecInput = { sourceRoot: "src", sourceCopyMode: "loaded-modules" };
    const tree = await read(spec, folder.path, ["a.py", join(folder.path, "src/a.py"), "__pycache__/a.pyc"]);
    expect(tree.files.map(({ destination }) => destination)).toEqual(["/app/a.py"]);
    expect((await errorOf(() => read(spec, folder.path))).hint).toContain("sourceFiles");
    expect((await errorOf(() => read(spec, folder.path, ["../out.py"]))).code).toBe("SPEC_PATH_OUTSIDE");
  });
});

describe("copy", () => {
  test("puts files and folders where the entry says", async () => {
    await using folder = await createSpecFolder({ "a/f.txt": "f", "b/g.txt": "g", "b/h/i.txt": "i" });
    const copy = [
      "a/f.txt",
      { from: "a/f.txt", to: "/data/" },
      { from: "b", to: "/opt/b" },
      { from: "b/g.txt", to: "x/y" },
    ];
    expect(await names({ copy }, folder.path)).toEqual([
      "/app/a/f.txt",
      "/app/x/y",
      "/data/f.txt",
      "/opt/b/g.txt",
      "/opt/b/h/i.txt",
    ]);
  });

  test("takes what is named although .gitignore hides it, and keeps to the rules inside", async () => {
    await using folder = await createSpecFolder({
      ".gitignore": "data/\n*.bin\n",
      "data/x.bin": "1",
      "data/.gitignore": "*.tmp\n",
      "data/y.tmp": "",
      "m.bin": "",
    });
    expect(await names({ copy: ["data", "m.bin"] }, folder.path)).toEqual([
      "/app/data/.gitignore",
      "/app/data/x.bin",
      "/app/m.bin",
    ]);
  });

  test("follows a named link inside of the root, and none out of it", async () => {
    await using folder = await createSpecFolder({ real: "1", link: { link: "real" }, out: { link: "/etc/hostname" } });
    expect((await read({ copy: ["link"] }, folder.path)).files).toMatchObject([
      { kind: "file", destination: "/app/link", size: 1 },
    ]);
    expect((await errorOf(() => read({ copy: ["out"] }, folder.path))).code).toBe("SPEC_SYMLINK_OUTSIDE");
  });

  test("keeps a named folder that is empty", async () => {
    await using folder = await createSpecFolder();
    await mkdir(join(folder.path, "empty"));
    expect((await read({ copy: [{ from: "empty", to: "/data" }] }, folder.path)).files).toMatchObject([
      { kind: "directory", destination: "/data" },
    ]);
  });

  test("takes one file twice, and refuses two files for one place", async () => {
    await using folder = await createSpecFolder({ "src/a": "1", "same/a": "1", "other/a": "2" });
    expect(await names({ sourceRoot: "src", copy: [{ from: "same/a", to: "a" }] }, folder.path)).toEqual(["/app/a"]);
    const error = await errorOf(() => read({ sourceRoot: "src", copy: [{ from: "other/a", to: "a" }] }, folder.path));
    expect(error.code).toBe("SPEC_CONFLICT");
    expect(error.message).toMatch(/sourceRoot and copy\[0\] both write "\/app\/a".*src\/a.*other\/a/);
    const nested = await errorOf(() =>
      read({ sourceRoot: "src", copy: [{ from: "other/a", to: "a/b" }] }, folder.path),
    );
    expect(nested.message).toContain("as file and as folder");
  });
});

describe("reading what was fingerprinted", () => {
  test("gives the bytes, and refuses an edited, grown or vanished file", async () => {
    await using folder = await createSpecFolder({ small: "one", large: "x".repeat(5 * 1024 * 1024) });
    const tree = await read({ sourceRoot: "." }, folder.path);
    const [large, small] = tree.files;
    if (large === undefined || small === undefined) throw new Error("files are missing");
    expect((await collect(tree.open(small))).toString()).toBe("one");
    expect(await collect(tree.open(large))).toHaveLength(large.size);
    await tree.verify();
    for (const content of ["two", "one more"]) {
      await folder.write({ small: content });
      expect((await errorOf(() => collect(tree.open(small)))).code).toBe("SOURCE_CHANGED");
    }
    await rm(join(folder.path, "small"));
    expect((await errorOf(() => collect(tree.open(small)))).code).toBe("SOURCE_CHANGED");
    await folder.write({ large: "y".repeat(5 * 1024 * 1024) });
    expect((await errorOf(() => collect(tree.open(large)))).code).toBe("SOURCE_CHANGED");
  });

  test("verify names what was edited, added and removed", async () => {
    await using folder = await createSpecFolder({ a: "1", b: "2" });
    const tree = await read({ sourceRoot: "." }, folder.path);
    await folder.write({ a: "edited", c: "3" });
    await rm(join(folder.path, "b"));
    const error = await errorOf(() => tree.verify());
    expect(error.code).toBe("SOURCE_CHANGED");
    expect(error.details).toEqual({ edited: ["/app/a"], added: ["/app/c"], removed: ["/app/b"] });
  });
});

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
