import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openContentStore } from "../src/index.ts";
import { gzipMembersEncoder, type LayerEntry, LayerTree, Placement, tarPieces, writeLayer } from "../src/layers.ts";
import { temporaryFolder } from "../src/testing/temporary-folder.ts";

const run = promisify(execFile);
const placement = new Placement({ directoryLinks: {}, directories: {} });

const part = fc.string({
  unit: fc.constantFrom("a", "b", "é", " ", "-", "\u{1f40d}", "x"),
  minLength: 1,
  maxLength: 120,
});
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const tree = fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 3000 })), {
  selector: ([name]) => name,
  maxLength: 12,
});

test("GNU tar reads what was written", async () => {
  await using folder = await temporaryFolder();
  const content = await openContentStore(folder.path);
  await fc.assert(
    fc.asyncProperty(tree, async (files) => {
      const names = files.map(([name]) => name);
      // A path cannot be a file and a folder.
      fc.pre(!names.some((name) => names.some((other) => other.startsWith(`${name}/`))));
      const layer = new LayerTree(placement);
      for (const [name, bytes] of files) layer.add(file(name, bytes));
      const { digest } = await writeLayer(tarPieces(layer.sorted()), { content, encoder: gzipMembersEncoder });
      const blob = content.path(digest);
      const { stdout } = await run("tar", ["-tzf", blob, "--quoting-style=literal"], { maxBuffer: 1 << 24 });
      const listed = stdout.split("\n").filter((line) => line !== "" && !line.endsWith("/"));
      expect(new Set(listed)).toEqual(new Set(names));
      for (const [name, bytes] of files.slice(0, 2)) {
        const out = await run("tar", ["-xzOf", blob, "--", name], { encoding: "buffer", maxBuffer: 1 << 24 });
        expect(Buffer.compare(out.stdout, bytes)).toBe(0);
      }
    }),
    { numRuns: 20 },
  );
});

function file(name: string, bytes: Uint8Array): LayerEntry {
  const content = {
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
  return { type: "file", path: name, mode: 0o644, uid: 0, gid: 0, content };
}

test("memory stays bounded for a file of 1 GiB", async () => {
  await using folder = await temporaryFolder();
  const content = await openContentStore(join(folder.path, "store"));
  const size = 1024 * 1024 * 1024;
  const chunk = Buffer.alloc(1024 * 1024);
  let most = 0;
  const big = {
    size,
    async *open() {
      for (let at = 0; at < size; at += chunk.length) {
        most = Math.max(most, process.memoryUsage().rss);
        yield chunk;
      }
    },
  };
  const before = process.memoryUsage().rss;
  const entry: LayerEntry = { type: "file", path: "big", mode: 0o644, uid: 0, gid: 0, content: big };
  const { plainSize } = await writeLayer(tarPieces([entry]), { content, encoder: gzipMembersEncoder });
  expect(plainSize).toBeGreaterThan(size);
  expect(most - before).toBeLessThan(160 * 1024 * 1024);
});
