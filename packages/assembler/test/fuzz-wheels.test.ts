import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { type ContentStore, openContentStore } from "@imagespec/image-store";
import { gzipMembersEncoder, Placement } from "@imagespec/image-store/layers";
import { damageZip, makeZip, type ZipDamage, type ZipFixture } from "@imagespec/test-support/wheels";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLayer } from "../src/testing/read-layer.ts";
import { parseEntryPoints } from "../src/wheel/entry-points.ts";
import { formatRecord, parseRecord } from "../src/wheel/record-file.ts";
import { writeWheelLayer } from "../src/wheel/wheel-layer.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 40);

let folder: string;
let content: ContentStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fuzz-wheels-"));
  content = await openContentStore(join(folder, "store"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Layer = Awaited<ReturnType<typeof readLayer>>;
const layout = { prefix: "opt/venv", pythonMinor: "3.12" };
const site = "opt/venv/lib/python3.12/site-packages";
const info = "six-1.0.dist-info";

/** The layer of a wheel, or nothing when it was refused in the way that it has to be. */
async function install(bytes: Uint8Array): Promise<Layer | undefined> {
  const file = join(folder, "wheel");
  await writeFile(file, bytes);
  const placement = new Placement({ directoryLinks: {}, directories: {} });
  try {
    const wheel = { name: "six", filename: "six-1.0-py3-none-any.whl", file };
    const layer = await writeWheelLayer([wheel], { layout, placement, content, encoder: gzipMembersEncoder });
    return await readLayer(content.open(layer.digest));
  } catch (error) {
    if (error instanceof ImageSpecError && error.code.startsWith("WHEEL_")) return undefined;
    throw error;
  }
}

/** What holds for the layer of every wheel, however it was made. */
function expectContained(layer: Layer): void {
  const folders = ["opt", "opt/venv", "opt/venv/bin", "opt/venv/lib", "opt/venv/lib/python3.12", site];
  for (const [path, { header }] of layer) {
    expect(posix.normalize(path)).toBe(path);
    expect(path).not.toMatch(/\0|(?:^|\/)\.wh\./);
    if (folders.includes(path)) expect(header.type).toBe("directory");
    else expect(path).toMatch(/^opt\/venv\//);
    expect(["file", "directory"]).toContain(header.type);
    expect(header).toMatchObject({ uid: 0, gid: 0, mtime: 0 });
    expect([0o644, 0o755]).toContain(header.mode);
    expect(path).not.toMatch(/^opt\/venv\/(?:pyvenv\.cfg$|lib64(?:\/|$)|bin\/python[\d.]*$)/i);
  }
  const installed = [...layer].filter(([, { header }]) => header.type === "file").map(([path]) => path);
  const record = parseRecord(layer.get(`${site}/${info}/RECORD`)?.content.toString() ?? "", "installed");
  const listed = new Set(record.map(({ path }) => posix.join(site, path)));
  expect(installed.filter((path) => !listed.has(path))).toEqual([]);
}

const part = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z]{1,3}$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "..",
      ".",
      "",
      "\\",
      "\0",
      "c:",
      ".wh.x",
      ".wh..wh..opq",
      "lib64",
      "lib",
      "bin",
      "python3",
      "Python3.12",
      "pyvenv.cfg",
      "x y",
      '"',
      ",",
      "$(id)",
      "`id`",
      "-rf",
      "x".repeat(256),
      "é",
      "constructor",
      "__proto__",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
);
const prefix = fc.constantFrom(
  "",
  "",
  "six-1.0.data/scripts/",
  "six-1.0.data/data/",
  "six-1.0.data/purelib/",
  "six-1.0.data/platlib/",
  "six-1.0.data/headers/",
  "six-1.0.data/etc/",
  "six-1.0.data/",
  "six-1.0.data/data/lib64/",
  "six-1.0.data/data/lib64/python3.12/site-packages/",
  `${info}/`,
  "other-1.0.dist-info/",
  "/",
  "../",
);
const name = fc
  .tuple(prefix, fc.array(part, { minLength: 1, maxLength: 3 }))
  .map(([start, parts]) => start + parts.join("/"));
const body = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom("#!python", "#!python -E\nx", "#!pythonw\r\nx", "#!python\n".repeat(5000), "0".repeat(100_000)),
);
const files = fc.uniqueArray(fc.tuple(name, body), { selector: ([key]) => key, maxLength: 5 });
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("", "[", "]", "[console_scripts]", "\n", ":", "=", "a=b:c", "x = os:system('x')"),
);
const programName = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
  fc.constantFrom(
    "../x",
    "/bin/sh",
    "a/b",
    "..",
    ".",
    "python",
    "python3.12",
    "a b",
    "$(id)",
    "a;b",
    "'",
    "x".repeat(300),
    "-x",
    ".wh.x",
    "\u2028",
    "constructor",
  ),
);
const reference = fc.oneof(
  fc.constantFrom("a:b", "a.b:c.d", "a:b [x]", "a:b\nimport os", "a:b;c", "a:", ":b", "a:b:c", "é:ß", "__proto__:x"),
  text,
);
const entryPoints = fc
  .array(
    fc.oneof(
      fc.tuple(programName, reference).map(([left, right]) => `${left} = ${right}`),
      text,
    ),
    { maxLength: 4 },
  )
  .map((lines) => `[console_scripts]\n${lines.join("\n")}\n`);
/** A change of one line of RECORD: the list lies, repeats itself or is silent. */
const recordEdit = fc.record({
  line: fc.nat(8),
  to: fc.oneof(
    fc.constantFrom(
      "",
      "six.py,,",
      "../x,sha256=abc,1",
      '"six.py',
      "six.py,sha256=,0",
      "a,b,c,d",
      ",,",
      "six.py,md5=x,1",
    ),
    text,
  ),
});

function hashOf(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

/** A wheel whose RECORD lists its files, but for the edits. */
function wheelOf(
  entries: readonly (readonly [string, string])[],
  options: {
    readonly entryPoints?: string | undefined;
    readonly record?: readonly { readonly line: number; readonly to: string }[] | undefined;
    readonly replaced?: Readonly<Record<string, string>> | undefined;
  } = {},
): readonly ZipFixture[] {
  const documents = {
    "six.py": "x = 1\n",
    [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: six\nVersion: 1.0\n",
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
    ...(options.entryPoints === undefined ? {} : { [`${info}/entry_points.txt`]: options.entryPoints }),
    ...options.replaced,
  };
  const all = [...Object.entries(documents), ...entries].map(([key, value]) => ({ name: key, content: value }));
  const lines = formatRecord(
    all.map((file) => ({
      path: file.name,
      hash: `sha256=${hashOf(file.content)}`,
      size: String(Buffer.byteLength(file.content)),
    })),
  ).split("\n");
  for (const { line, to } of options.record ?? []) lines[line % lines.length] = to;
  return [...all, { name: `${info}/RECORD`, content: `${lines.join("\n")}${info}/RECORD,,\n` }];
}

test("files of a wheel never leave the environment, whatever their names", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      const layer = await install(makeZip(wheelOf(entries)));
      if (layer === undefined) return;
      accepted++;
      expectContained(layer);
    }),
    { numRuns },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("programs that a wheel asks for stay in bin, and their text stays the one that imports and calls", async () => {
  await fc.assert(
    fc.asyncProperty(entryPoints, async (points) => {
      const layer = await install(makeZip(wheelOf([], { entryPoints: points })));
      if (layer === undefined) return;
      expectContained(layer);
      for (const [path, { content: bytes }] of layer) {
        if (!path.startsWith("opt/venv/bin/")) continue;
        expect(path.split("/")).toHaveLength(4);
        expect(bytes.toString()).toMatch(
          /^#!\/opt\/venv\/bin\/python\nimport sys\nfrom [\p{L}\p{N}_.]+ import [\p{L}\p{N}_]+\nif __name__ == "__main__":\n {4}sys\.exit\([\p{L}\p{N}_.]+\(\)\)\n$/u,
        );
      }
    }),
    { numRuns },
  );
});

test("a RECORD that lies gives no layer with content that it does not vouch for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(recordEdit, { minLength: 1, maxLength: 3 }), async (record) => {
      const layer = await install(makeZip(wheelOf([["pkg/a.py", "a"]], { record })));
      if (layer === undefined) return;
      expectContained(layer);
      for (const [path, { header, content: bytes }] of layer) {
        if (header.type !== "file" || path.endsWith("/RECORD")) continue;
        const lines = parseRecord(layer.get(`${site}/${info}/RECORD`)?.content.toString() ?? "", "installed");
        const line = lines.find((candidate) => posix.join(site, candidate.path) === path);
        expect(line?.hash.replace(/=+$/, "")).toBe(`sha256=${hashOf(bytes)}`);
      }
    }),
    { numRuns },
  );
});

test("metadata of any text is read or refused", async () => {
  const document = fc.constantFrom(
    "METADATA",
    "WHEEL",
    "entry_points.txt",
    "INSTALLER",
    "RECORD.jws",
    "direct_url.json",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(document, text), { maxLength: 3 }), async (replaced) => {
      const named = Object.fromEntries(replaced.map(([key, value]) => [`${info}/${key}`, value]));
      const layer = await install(makeZip(wheelOf([], { replaced: named })));
      if (layer !== undefined) expectContained(layer);
    }),
    { numRuns },
  );
});

test("damaged archives are refused, or install what is contained", async () => {
  const damage = fc.record({
    record: fc.constantFrom<ZipDamage["record"]>("local", "central", "end"),
    entry: fc.nat(6),
    field: fc.nat(12),
    value: fc.oneof(fc.constantFrom(0, 1, 8, 0xffff, 0xffffffff, 0xa1ff0000), fc.nat(500)),
  });
  const flips = fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(
      files,
      fc.array(damage, { maxLength: 2 }),
      flips,
      fc.nat(4000),
      async (entries, lies, bytes, end) => {
        const wheel = damageZip(makeZip(wheelOf(entries)), lies);
        for (const [at, value] of bytes) wheel[at % wheel.length] = value;
        const layer = await install(end % 5 === 0 ? wheel.subarray(0, end % wheel.length) : wheel);
        if (layer !== undefined) expectContained(layer);
      },
    ),
    { numRuns },
  );
});

test("any RECORD that was written is read back", () => {
  const line = fc.record({ path: name, hash: fc.constantFrom("", "sha256=abc"), size: fc.constantFrom("", "12") });
  fc.assert(
    fc.property(
      fc.array(
        line.filter(({ path }) => path !== "" && !/[\r\n]/.test(path)),
        { maxLength: 5 },
      ),
      (lines) => {
        expect(parseRecord(formatRecord(lines), "x.whl")).toEqual(lines);
      },
    ),
    { numRuns },
  );
});

test.each([
  ["lines", "a\n".repeat(500_001), /more than 500000 lines/],
  ["empty lines", "\n".repeat(10_000_000), undefined],
  ["one line", `"${"a".repeat(20_000_000)}"`, /has the line "/],
])("a RECORD of nothing but %s is no burden", (_, record, message) => {
  const before = process.memoryUsage().heapUsed;
  if (message === undefined) expect(parseRecord(record, "x.whl")).toEqual([]);
  else expect(() => parseRecord(record, "x.whl")).toThrow(message);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(300 * 1024 * 1024);
});

test("texts that were made to be slow take no time", () => {
  const started = performance.now();
  const codeOf = (action: () => unknown): unknown => {
    try {
      action();
    } catch (error) {
      return (error as { readonly code?: unknown }).code;
    }
    return undefined;
  };
  for (const piece of ["[", "]", "[]", '"', '""', "a.", ".0", " ", "\t[", ",", '",']) {
    const long = piece.repeat(200_000);
    expect([undefined, "WHEEL_INVALID"]).toContain(codeOf(() => parseRecord(`"${long}`, "x.whl")));
    expect([undefined, "WHEEL_INVALID"]).toContain(codeOf(() => parseRecord(long, "x.whl")));
    expect([undefined, "WHEEL_INVALID"]).toContain(
      codeOf(() => parseEntryPoints(`[console_scripts]\na = b:c${long}x`, "x.whl")),
    );
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
