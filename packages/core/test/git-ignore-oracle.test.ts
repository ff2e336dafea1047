import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ImageSpec } from "../src/spec/image-spec.ts";
import { resolveImageSpec } from "../src/spec/resolve-image-spec.ts";
import { createSpecFolder } from "../src/testing/spec-folder.ts";

const segment = fc.constantFrom("a", "b", "ab", "a.b", "c");
const files = ["a", "b/a", "b/ab", "b/c/a", "b/c/a.b", "c/a.b", "c/b/c/ab", "ab/c", "a.b/b"].map((path) => `x/${path}`);
const glob = fc
  .tuple(
    fc.constantFrom("", "!", "/"),
    fc.array(fc.oneof(segment, fc.constantFrom("*", "**", "?", "a*", "[ab]", "[!a]", "*.b", "\\a")), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.constantFrom("", "/"),
  )
  .map(([start, parts, end]) => start + parts.join("/") + end);
const rules = fc.array(glob, { maxLength: 4 });

test("git agrees about which files nested .gitignore files leave", async () => {
  await using folder = await createSpecFolder(Object.fromEntries(files.map((path) => [path, path])));
  execFileSync("git", ["init", "-q", folder.path]);
  const git = (args: readonly string[]) =>
    spawnSync("git", ["-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false", ...args], {
      cwd: folder.path,
      encoding: "utf8",
    }).stdout;
  const write = async (path: string, lines: readonly string[]) => {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), `${lines.join("\n")}\n`);
  };
  await fc.assert(
    fc.asyncProperty(rules, rules, rules, async (top, middle, deep) => {
      await write(".gitignore", top);
      await write("x/.gitignore", middle);
      await write("x/b/.gitignore", deep);
      const expected = git(["ls-files", "--others", "--exclude-standard", "-z"])
        .split("\0")
        .filter((path) => path !== "" && !path.endsWith(".gitignore"));
      const spec = await resolveImageSpec(new ImageSpec({ sourceRoot: ".", workdir: "/" }), { root: folder.path });
      const found = spec.source.files
        .map(({ destination }) => destination.slice(1))
        .filter((path) => !path.endsWith(".gitignore"));
      expect(found).toEqual(expected.sort());
    }),
    { numRuns: 400 },
  );
});
