import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { quietGit } from "./real-flytekit.ts";

const names = [
  "a",
  "b.py",
  "B.PY",
  "c.pyc",
  ".cache",
  "__pycache__",
  "src",
  "lib",
  "lib.py",
  "é.txt",
  "z😀",
  "data",
  "x y",
  ".git",
  "keep",
];
const segment = fc.constantFrom(...names);
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const patterns = [
  "*",
  "**",
  "**/a",
  "*.py",
  "src",
  "src/",
  "!src/lib",
  "lib/**",
  "[a-c]*",
  "[!a]*",
  "[]x]",
  "[^a]",
  "?.py",
  "**/*.pyc",
  "..",
  "a/../src",
  "#c",
  " keep ",
  "SRC",
  "/lib",
  "!**/keep",
  "",
  "!",
  "data/x y",
  "[",
  "é*",
];
const rules = fc.array(fc.constantFrom(...patterns), { maxLength: 4 });

interface Tree {
  readonly files: readonly string[];
  readonly docker: readonly string[] | undefined;
  readonly git: readonly string[] | undefined;
  readonly links: readonly string[];
}

const tree: fc.Arbitrary<Tree> = fc.record({
  files: fc.array(path, { minLength: 1, maxLength: 9 }),
  docker: fc.option(rules, { nil: undefined }),
  git: fc.option(rules, { nil: undefined }),
  links: fc.array(path, { maxLength: 1 }),
});

/** Writes trees with ignore rules and repositories; gives their names. */
export async function writeRandomTrees(folder: string, count: number, seed: number): Promise<readonly string[]> {
  const made: string[] = [];
  for (const [index, { files, docker, git, links }] of fc.sample(tree, { seed, numRuns: count }).entries()) {
    const name = `tree${index}`;
    const root = join(folder, name);
    await mkdir(root);
    if (git !== undefined) {
      await write(join(root, ".gitignore"), `${git.join("\n")}\n`);
      execFileSync("git", ["init", "-q", "."], { cwd: root, env: { ...process.env, ...quietGit }, stdio: "ignore" });
    }
    for (const [position, file] of files.entries()) await write(join(root, file), `${position % 3} ${file}\n`);
    for (const link of links) await link_(join(root, link));
    if (docker !== undefined) await write(join(root, ".dockerignore"), `${docker.join("\n")}\n`);
    made.push(name);
  }
  return made;
}

/** What stands in the way, a file where a folder is wanted, stays. */
async function write(file: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

async function link_(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await symlink("a", file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}
