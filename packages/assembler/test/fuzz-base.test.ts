import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isImageSpecError } from "@imagespec/errors";
import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BaseFacts, parseBaseFacts } from "../src/base/base-facts.ts";
import { cleanPath, ImageFiles } from "../src/base/image-files.ts";
import { scanBase } from "../src/base/scan-base.ts";
import { imageUser } from "../src/image/image-user.ts";
import { BuildBench, pythonBase } from "../src/testing/build-bench.ts";
import type { TestEntry } from "../src/testing/tar-of.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 60);

const part = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "etc", "opt", "venv", "usr", "lib", "bin", "app", "home", "x") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "..",
      ".",
      "",
      ".wh.a",
      ".wh..wh..opq",
      ".wh.",
      "passwd",
      "group",
      "python3.12",
      "python3",
      "pyvenv.cfg",
      "libc.so.6",
      "constructor",
      "__proto__",
      "toString",
      "\udcff",
      "a\nb",
      "x".repeat(300),
    ),
  },
);
const path = fc
  .tuple(
    fc.constantFrom("", "", "./", "/", "../", "opt/venv/", "usr/local/bin/", "etc/"),
    fc.array(part, { minLength: 1, maxLength: 4 }),
  )
  .map(([start, parts]) => (start + parts.join("/")).replace(/\/+$/, ""))
  .filter((text) => text !== "");
const target = fc.oneof(path, fc.constantFrom(".", "/", "..", "../../../..", "a", "/a", "x/../a", "/opt/venv"));
const content = fc.oneof(
  fc.constantFrom(
    "",
    "root:x:0:0::/root:/bin/sh\n",
    "app:x:-5:1e9::\n",
    ":::::::\n",
    "app\n",
    "app:x:99999999999999999999:1\n",
    "app:x:1.5:0x10\n",
    "home = /../../x\n",
    "home = \n",
    "home".padEnd(2000),
    "GNU C Library version 2.36",
    "\u0000".repeat(3000),
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const types = fc.constantFrom<TarHeader["type"]>(
  "file",
  "file",
  "directory",
  "symlink",
  "symlink",
  "hardlink",
  "fifo",
  "character-device",
);
const entry = fc.record({
  path,
  type: types,
  target,
  content,
  mode: fc.constantFrom(0, 0o755, 0o644, 0o7777),
  uid: fc.constantFrom(0, 1000, 2 ** 31, 4_294_967_295),
});
interface Entry {
  readonly path: string;
  readonly type: TarHeader["type"];
  readonly target: string;
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
}
const layers = fc.array(fc.array(entry, { maxLength: 8 }), { maxLength: 3 });

function layerOf(entries: readonly Entry[]): Buffer {
  const pieces = entries.flatMap(({ path: name, type, target: linkPath, content: text, mode, uid }) => {
    const bytes = Buffer.from(text);
    const size = type === "file" ? bytes.length : 0;
    const header = { path: name.replaceAll("\0", "_"), type, mode, uid, gid: 0, size, mtime: 0 };
    const link = type === "symlink" || type === "hardlink";
    return [tarHeader(link ? { ...header, linkPath } : header), bytes.subarray(0, size), tarPadding(size)];
  });
  return Buffer.concat([...pieces, tarTrailer]);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const hostileEnv = new Map([["PATH", "/usr/local/bin:../..:/a:::/opt/venv/bin:/constructor"]]);

function expectSound(facts: BaseFacts): void {
  const paths = [...Object.entries(facts.directoryLinks).flat(), ...Object.keys(facts.directories)];
  for (const found of paths) expect(cleanPath(found)).toBe(found);
  if (facts.python !== undefined) expect(facts.python.path.split("/")).not.toContain("..");
  // Facts are kept as JSON: what comes back has to be the same.
  expect(parseBaseFacts(JSON.parse(JSON.stringify(facts)))).toEqual({ ...facts });
}

test("any layers give facts that stay inside of the image", async () => {
  await fc.assert(
    fc.asyncProperty(layers, async (base) => {
      const opened = base.map((entries) => () => once(layerOf(entries)));
      const facts = await scanBase(opened, hostileEnv);
      expectSound(facts);
      for (const user of ["", "app", "app:app", "1000", "__proto__", "-5"]) {
        try {
          const { uid, gid } = imageUser(undefined, user, facts);
          for (const id of [uid, gid]) expect(id >= 0 && id < 2 ** 32).toBe(true);
        } catch (error) {
          expect(isImageSpecError(error, "BASE_UNSUPPORTED")).toBe(true);
        }
      }
    }),
    { numRuns },
  );
});

test("damaged layers are refused as STORE_CORRUPT, or scanned", async () => {
  const flips = fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 4 }), flips, async (entries, bytes) => {
      const layer = layerOf(entries);
      for (const [at, value] of bytes) layer[at % layer.length] = value;
      try {
        expectSound(await scanBase([() => once(layer)], hostileEnv));
      } catch (error) {
        if (!isImageSpecError(error, "STORE_CORRUPT")) throw error;
      }
    }),
    { numRuns },
  );
});

test("links that lead to each other, and names of any length, take no time", async () => {
  const common = { content: "", mode: 0o755, uid: 0 };
  const links: Entry[] = Array.from({ length: 500 }, (_, index) => ({
    ...common,
    path: `l${index}`,
    type: "symlink",
    target: `l${(index + 1) % 500}/${"d/".repeat(2000)}l${(index + 7) % 500}`,
  }));
  const deep: Entry[] = [
    { ...common, path: "a/".repeat(100_000), type: "directory", target: "" },
    { ...common, path: "link", type: "symlink", target: "b/".repeat(100_000) },
    { ...common, path: "d", type: "symlink", target: "." },
  ];
  const wide: Entry[] = Array.from({ length: 20_000 }, (_, index) => ({
    ...common,
    path: index % 2 === 0 ? `f${index}` : `.wh.f${index - 1}`,
    type: "file",
    target: "",
  }));
  const first = layerOf([...links, ...deep]);
  const second = layerOf(wide);
  const started = performance.now();
  await scanBase([() => once(first), () => once(second)], hostileEnv);
  expect(performance.now() - started).toBeLessThan(10_000);
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fuzz-base-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("images on any base are refused in a way that can be read, or do not write through a link of the base", async () => {
  let built = 0;
  let count = 0;
  const plain = entry
    .filter(({ type }) => type === "file" || type === "directory" || type === "symlink")
    .map(
      ({ path: name, type, target: link, content: text, mode, uid }): TestEntry => ({
        path: `${name.replaceAll("\0", "_").replace(/\/+$/, "")}${type === "directory" ? "/" : ""}`,
        content: text,
        mode,
        uid,
        ...(type === "symlink" ? { link } : {}),
      }),
    );
  const workdir = fc.constantFrom("/app", "/a/b", "/lib/x", "/constructor", "/__proto__/toString", "/opt/venv", "/usr");
  await fc.assert(
    fc.asyncProperty(fc.array(plain, { maxLength: 6 }), workdir, fc.boolean(), async (extra, place, python) => {
      const base = [...(python ? pythonBase : []), ...extra];
      const bench = await BuildBench.open(join(folder, String(count++)));
      try {
        const image = await bench.build(
          { workdir: place, sourceRoot: "src" },
          { base, source: { "src/main.py": "x" }, wheels: python ? [{ name: "six", version: "1.0" }] : [] },
        );
        built++;
        const below = new ImageFiles();
        for (const { path: name, link } of base) {
          const type: TarHeader["type"] = link !== undefined ? "symlink" : name.endsWith("/") ? "directory" : "file";
          below.apply(
            { path: name, type, mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, linkPath: link ?? "" },
            new Set(),
          );
        }
        for (const layer of image.layers) {
          for (const written of layer.keys()) {
            expect(cleanPath(written)).toBe(written);
            const parts = written.split("/");
            for (let depth = 1; depth < parts.length; depth++) {
              const parent = parts.slice(0, depth).join("/");
              const real = below.resolve(parent);
              const leadsToFolder = real !== undefined && (below.get(real)?.type ?? "directory") === "directory";
              expect(below.get(parent)?.type === "symlink" && leadsToFolder, written).toBe(false);
            }
          }
        }
      } catch (error) {
        if (!isImageSpecError(error) || error.code === "INTERNAL") throw error;
      } finally {
        await rm(bench.folder, { recursive: true, force: true });
      }
    }),
    { numRuns: Math.ceil(numRuns / 15), examples: [[[], "/app", true]] },
  );
  expect(built).toBeGreaterThan(0);
});
