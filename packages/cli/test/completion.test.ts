import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { promisify, stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { openWorkbench, type Workbench } from "./support/run-imagespec.ts";

const run = promisify(execFile);
const shells = ["bash", "zsh", "fish"] as const;
let bench: Workbench;

beforeAll(async () => {
  bench = await openWorkbench();
  await mkdir(bench.join("certs and keys"), { recursive: true });
  await writeFile(bench.join("certs and keys/a.pem"), "");
  for (const shell of shells) {
    const { exitCode, stdout } = await bench.run(["completion", shell]);
    expect(exitCode).toBe(0);
    await writeFile(bench.join(`completion.${shell}`), stdout);
  }
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Runs a shell without the user's own settings. Where it is not installed, the test says so. */
async function shell(context: TestContext, name: string, args: readonly string[]): Promise<string> {
  try {
    const own = { ...process.env, HOME: bench.folder, ZDOTDIR: bench.folder };
    return (await run(name, args, { cwd: bench.folder, env: own, timeout: 30_000 })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return context.skip(`${name} is not installed`);
    throw error;
  }
}

/** What bash offers when the last of the words is being typed. */
async function inBash(context: TestContext, ...words: readonly string[]): Promise<readonly string[]> {
  const script = `source completion.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_imagespec
((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = await shell(context, "bash", ["--norc", "-u", "-c", script, "bash", "imagespec", ...words]);
  return output.split("\n").filter((line) => line !== "");
}

describe("bash", () => {
  test("completes commands, and those that help takes", async (context) => {
    expect(await inBash(context, "b")).toEqual(["build", "builders"]);
    expect(await inBash(context, "")).toEqual(expect.arrayContaining(["inspect", "cache", "--version"]));
    expect(await inBash(context, "help", "compl")).toEqual(["completion"]);
  });

  test("completes options, their values, and nothing where anything may stand", async (context) => {
    expect(await inBash(context, "build", "--exi")).toEqual(["--existence"]);
    expect(await inBash(context, "build", "--existence", "")).toEqual(["build", "assume", "fail"]);
    expect(await inBash(context, "build", "-")).toEqual(expect.arrayContaining(["--quiet", "-q", "--help"]));
    expect(await inBash(context, "build", "--name", "")).toEqual([]);
    expect(await inBash(context, "cache", "")).toEqual(["ls", "prune", "verify"]);
    expect(await inBash(context, "cache", "prune", "")).toEqual([]);
    expect(await inBash(context, "cache", "prune", "--m")).toEqual(["--max-size"]);
  });

  test("completes files and folders, with blanks in their names", async (context) => {
    expect(await inBash(context, "build", "image")).toEqual(["image.yaml"]);
    expect(await inBash(context, "build", "--ca", "cert")).toEqual(["certs and keys"]);
    expect(await inBash(context, "plan", "--cache-dir", "")).toEqual(expect.arrayContaining(["src", "certs and keys"]));
    expect(await inBash(context, "plan", "--cache-dir", "image")).toEqual([]);
    expect(await inBash(context, "export", "")).toEqual(["dockerfile"]);
    expect(await inBash(context, "export", "dockerfile", "image")).toEqual(["image.yaml"]);
  });
});

describe("fish", () => {
  const offered = async (context: TestContext, line: string): Promise<readonly string[]> => {
    const script = 'source completion.fish; complete -C "$argv[1]"';
    const output = await shell(context, "fish", ["--no-config", "-c", script, line]);
    return output.split("\n").flatMap((text) => text.split("\t")[0] || []);
  };

  test("completes commands, options, values and files", async (context) => {
    expect(await offered(context, "imagespec bui")).toEqual(["build", "builders"]);
    expect(await offered(context, "imagespec build --exi")).toEqual(["--existence"]);
    expect((await offered(context, "imagespec build --existence ")).toSorted()).toEqual(["assume", "build", "fail"]);
    expect(await offered(context, "imagespec build ima")).toEqual(["image.yaml"]);
    expect(await offered(context, "imagespec cache ")).toEqual(["ls", "prune", "verify"]);
    expect(await offered(context, "imagespec cache prune ")).toEqual([]);
    expect(await offered(context, "imagespec build --name ima")).toEqual([]);
    expect(await offered(context, "imagespec export dockerfile ima")).toEqual(["image.yaml"]);
  });
});

describe("zsh", () => {
  /** Types a line into a zsh with a terminal of its own, and lists what it offers. */
  const offered = async (context: TestContext, line: string): Promise<string> => {
    const script = `zmodload zsh/zpty || exit 9
zpty z "PS1= zsh -f -i"
zpty -w z 'unsetopt beep; autoload -Uz compinit && compinit -u -d "$HOME/zdump"; source ./completion.zsh; zstyle ":completion:*" list-colors; setopt no_always_last_prompt no_list_beep; LISTMAX=1000; bindkey "^T" list-choices; print READY-$((1 + 1))'
out=""; while zpty -r z chunk; do out+="$chunk"; [[ "$out" == *READY-2* ]] && break; done
zpty -w -n z "$1"$'\\x14'
sleep 1; out=""; while zpty -r -t z chunk; do out+="$chunk"; done
print -r -- "$out"; zpty -d z`;
    return stripVTControlCharacters(await shell(context, "zsh", ["-f", "-c", script, "zsh", line]));
  };

  test("completes commands, options, values and files", async (context) => {
    expect(await offered(context, "imagespec ")).toMatch(/build +-- make the images[\s\S]*verify the cache folder/);
    expect(await offered(context, "imagespec build --exi")).toContain("--existence");
    expect(await offered(context, "imagespec build --existence ")).toMatch(/assume +build +fail/);
    expect(await offered(context, "imagespec build ./")).toMatch(/image\.yaml/);
    expect(await offered(context, "imagespec cache ")).toMatch(/ls +prune +verify/);
  });
});

test("another shell is refused, with those that there are", async () => {
  expect(await bench.run(["completion", "tcsh"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/no completion for "tcsh".*\n.*completion bash/),
  });
  expect((await bench.run(["completion"])).exitCode).toBe(2);
});
