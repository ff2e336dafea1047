import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseControlParagraph } from "../src/debian/control-file.ts";
import { openDebFile } from "../src/debian/deb-file.ts";
import { parseDebianLock } from "../src/debian/debian-lock.ts";
import { readElf } from "../src/debian/elf.ts";
import { FileTree } from "../src/debian/file-tree.ts";
import { layerTar } from "../src/debian/layer-tar.ts";
import { classifyMaintainerScript } from "../src/debian/maintainer-script.ts";
import { PackageIndex } from "../src/debian/package-index.ts";
import { packagePath } from "../src/debian/package-path.ts";
import { formatRelations, parseRelations } from "../src/debian/relation.ts";
import { unpackPackage } from "../src/debian/unpack-package.ts";
import { compareDebianVersions } from "../src/debian/version.ts";
import { debOf, elfOf, type FixtureEntry } from "./support/debian-fixtures.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 200);

async function attempt<T>(action: () => T | Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!isImageSpecError(error) || !codes.includes(error.code)) throw error;
    return undefined;
  }
}

const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("usr", "lib", "bin", "a", "b", "etc", "lib64") },
  { weight: 1, arbitrary: fc.constantFrom("..", ".", "", "\\", ".wh.a", "__proto__", "é", "x".repeat(300), "a\nb") },
);
const path = fc
  .tuple(fc.constantFrom("", "", "/", "../", "./"), fc.array(part, { minLength: 1, maxLength: 4 }))
  .map(([start, parts]) => (start + parts.join("/")).replace(/\/+$/, ""))
  .filter((text) => text !== "");
const content = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("#!/bin/sh\n", "\u007fELF", "0".repeat(70_000)));
const usually = <T>(usual: T, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });
const file: fc.Arbitrary<FixtureEntry> = fc.oneof(
  fc.record({ path, content, mode: fc.constantFrom(0o644, 0o4755, 0o777) }),
  fc.record({ path, link: fc.oneof(path, fc.constantFrom("..", "/", "usr/bin")) }),
  fc.record({ path, hardlink: path }),
  fc.record({ path }),
);
const flips = fc.array(fc.tuple(fc.nat(6000), fc.nat(255)), { maxLength: 3 });
const fields = fc.dictionary(
  fc.constantFrom("Version", "Architecture", "Package", "Depends", "X-Y", "Multi-Arch"),
  fc.oneof(fc.constantFrom("all", "amd64", "1.0-1", "demo", "a\n b", "a: b"), fc.string({ maxLength: 8 })),
  { maxKeys: 2 },
);

test("packages of any files and any damage are refused as DEBIAN_INDEX, or stay inside of the tree", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(file, { maxLength: 5 }),
      usually({}, fields),
      usually([], flips),
      usually(1e9, fc.nat(9000)),
      async (files, extra, bytes, end) => {
        const { deb } = debOf({ name: "demo", fields: extra, files, scripts: { postinst: "#!/bin/sh\n" } });
        for (const [at, value] of bytes) deb[at % deb.length] = value;
        const tree = new FileTree(0);
        const expected = {
          name: "demo",
          version: "1.0-1",
          architecture: "amd64",
          path: "pool/demo.deb",
          area: "main",
          size: deb.length,
          sha256: "0".repeat(64),
          source: "demo",
        } as const;
        const unpacked = await attempt(
          () =>
            unpackPackage(
              openDebFile(end < deb.length ? deb.subarray(0, end) : deb, "demo"),
              expected,
              tree,
              () => false,
            ),
          "DEBIAN_INDEX",
          "STORE_CORRUPT",
        );
        for (const found of tree.sortedPaths()) {
          expect(found).not.toMatch(/^\/|(?:^|\/)\.{0,2}(?:\/|$)/);
          expect(packagePath(found)).toBe(found);
        }
        if (unpacked === undefined) return;
        accepted++;
        let size = 0;
        for await (const piece of layerTar(tree)) size += piece.length;
        expect(size % 512).toBe(0);
      },
    ),
    { numRuns },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("links of a package that are hard links of each other end", async () => {
  for (const pairs of [
    [
      ["a", "b"],
      ["b", "a"],
    ],
    [["a", "a"]],
    [
      ["a", "b"],
      ["b", "c"],
      ["c", "b"],
    ],
  ] as const) {
    const { deb } = debOf({ name: "demo", files: pairs.map(([from, hardlink]) => ({ path: from, hardlink })) });
    const tree = new FileTree(0);
    const expected = {
      name: "demo",
      version: "1.0-1",
      architecture: "amd64",
      path: "x",
      area: "main",
      size: 1,
      sha256: "",
      source: "",
    } as const;
    await attempt(async () => {
      await unpackPackage(openDebFile(deb, "demo"), expected, tree, () => false);
      let pieces = 0;
      for await (const piece of layerTar(tree)) pieces += piece.length;
      return pieces;
    }, "DEBIAN_INDEX");
  }
});

const relationText = fc.oneof(
  fc.constantFrom(
    "libc6",
    "(>= 2.36)",
    "(<< 1:2~)",
    "|",
    ",",
    ":any",
    "[amd64]",
    "<!nocheck>",
    "(",
    ")",
    " ",
    "=",
    "a b",
    "A",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);

test("any relation is refused, or has one text that reads the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(relationText, { maxLength: 6 }), async (parts) => {
      const groups = await attempt(() => parseRelations(parts.join(" ")), "DEBIAN_INDEX");
      if (groups !== undefined) expect(parseRelations(groups.map(formatRelations).join(", "))).toEqual(groups);
    }),
    { numRuns },
  );
});

const version = fc
  .array(fc.constantFrom("0", "1", "10", "~", "+", "-", ".", ":", "a", "Z", "é", "00", " ", "99999999999999999999"), {
    maxLength: 8,
  })
  .map((parts) => parts.join(""));

test("versions of any text have an order", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      for (const order of [compareDebianVersions(a, b), compareDebianVersions(b, a)])
        expect([-1, 0, 1]).toContain(order);
      expect(compareDebianVersions(a, b) + compareDebianVersions(b, a)).toBe(0);
      expect(compareDebianVersions(a, a)).toBe(0);
      const [first, second, third] = [a, b, c].sort(compareDebianVersions);
      expect(compareDebianVersions(first ?? "", second ?? "") <= 0).toBe(true);
      expect(compareDebianVersions(first ?? "", third ?? "") <= 0).toBe(true);
    }),
    { numRuns },
  );
});

const paragraph = `Package: demo\nVersion: 1.0-1\nArchitecture: amd64\nDepends: libc6 (>= 2.36), a | b\nProvides: c (= 1)\nFilename: pool/main/d/demo.deb\nSize: 10\nSHA256: ${"0".repeat(64)}\n`;
const source = { suite: "trixie", area: "main", label: "Debian", signers: [] } as const;

test("altered indexes are refused as DEBIAN_INDEX, or give packages below the archive", async () => {
  const edit = fc.record({
    at: fc.nat(600),
    remove: fc.nat(20),
    insert: fc.oneof(
      fc.constantFrom("", "\n", "\n\n", ": ", " ", "../", "\0", "Package: x\n", "é"),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
      const text = edits.reduce(
        (before, { at, remove, insert }) => {
          const start = at % (before.length + 1);
          return before.slice(0, start) + insert + before.slice(start + remove);
        },
        `${paragraph}\n${paragraph.replaceAll("demo", "other")}`,
      );
      await attempt(() => parseControlParagraph(text), "DEBIAN_INDEX");
      await attempt(() => {
        const index = new PackageIndex("amd64");
        index.add(Buffer.from(text), source);
        for (const name of index.names()) {
          const found = index.get(name);
          expect(found?.path).not.toMatch(/^\/|\.\./);
          expect(Number.isSafeInteger(found?.size)).toBe(true);
          index.candidates({ name: "c", version: { operator: ">=", value: "1" } });
        }
      }, "DEBIAN_INDEX");
    }),
    { numRuns },
  );
});

test("locks of any values are refused as LOCK_INVALID, or are locks", async () => {
  const lock = {
    suite: "trixie",
    architecture: "amd64",
    roots: ["demo"],
    indexes: [],
    packages: [
      {
        name: "demo",
        version: "1",
        architecture: "all",
        path: "pool/demo.deb",
        area: "main",
        size: 1,
        sha256: "0".repeat(64),
        source: "demo",
      },
    ],
    dropped: [],
    choices: [],
  };
  const odd = fc.oneof(
    fc.constantFrom<unknown>("../x", "/etc", "a//b", "a/../b", "%2e%2e/x", -1, 0, {}, [], "__proto__"),
    fc.jsonValue({ maxDepth: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(lock)),
      fc.constantFrom(...Object.keys(lock.packages[0] ?? {})),
      odd,
      fc.boolean(),
      async (key, inner, value, deep) => {
        const given = deep
          ? { ...lock, packages: [{ ...lock.packages[0], [inner]: value }] }
          : { ...lock, [key]: value };
        const parsed = await attempt(() => parseDebianLock(given), "LOCK_INVALID");
        for (const found of parsed?.packages ?? [])
          expect(new URL(found.path, "http://a/debian/").pathname).toMatch(/^\/debian\//);
      },
    ),
    { numRuns },
  );
});

test("damaged ELF files and scripts of any text are read without an error", () => {
  const elf = elfOf({ soname: "a.so", needed: ["libc.so.6"], runpath: "/x", interpreter: "/lib64/ld.so" });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(elf.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(600),
      (bytes, end) => {
        const damaged = Buffer.from(elf);
        for (const [at, value] of bytes) damaged[at] = value;
        readElf(end < damaged.length ? damaged.subarray(0, end) : damaged);
      },
    ),
    { numRuns: numRuns * 5 },
  );
  const line = fc.oneof(
    fc.constantFrom(
      "set -e",
      "if [ x ]; then",
      "fi",
      "update-alternatives --install /a b /c 5",
      "\\",
      "exit 0",
      "#DEBHELPER#",
      "$(id)",
    ),
    fc.string({ maxLength: 10 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      classifyMaintainerScript(`#!/bin/sh\n${lines.join("\n")}`, "1.0");
    }),
    { numRuns },
  );
});
