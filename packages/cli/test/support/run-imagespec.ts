import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolder } from "@imagespec/test-support";

const bin = path.join(import.meta.dirname, "..", "..", "bin", "imagespec.js");

/** What a run of the command came to. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, as JSON. */
  readonly json: () => Record<string, unknown>;
}

/** A private project folder with a cache of its own, and the built command in it. */
export interface Workbench extends AsyncDisposable {
  readonly folder: string;
  readonly cache: string;
  join(...parts: readonly string[]): string;
  write(file: string, text: string): Promise<void>;
  run(
    args: readonly string[],
    options?: { readonly env?: Record<string, string>; readonly stdin?: string },
  ): Promise<Ran>;
}

/** @param name of the image in `image.yaml`, which holds two files and nothing else, so that building it needs no network */
export async function openWorkbench(name = "acme/tiny"): Promise<Workbench> {
  const temporary = await temporaryFolder();
  const folder = temporary.join("project");
  const cache = temporary.join("cache");
  const bench: Workbench = {
    folder,
    cache,
    join: (...parts) => path.join(folder, ...parts),
    async write(file, text) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    },
    async run(args, { env = {}, stdin } = {}) {
      const own = { ...process.env, IMAGESPEC_CACHE_DIR: cache, NO_COLOR: "1", CI: "1", FORCE_COLOR: "", ...env };
      const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: own, stdio: "pipe" });
      child.stdin.end(stdin ?? "");
      const output = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output.stdout += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        output.stderr += text;
      });
      const [exitCode] = (await once(child, "close")) as [number];
      return { exitCode, ...output, json: () => JSON.parse(output.stdout.trimEnd().split("\n").at(-1) ?? "") };
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
  // A repository of its own: no configuration further up counts.
  await mkdir(bench.join(".git"), { recursive: true });
  await bench.write("image.yaml", `name: ${name}\nbaseImage: scratch\nsourceRoot: src\nentrypoint: [python, a.py]\n`);
  await bench.write("src/a.py", "print(1)\n");
  await bench.write("src/pkg/b.py", "print(2)\n");
  return bench;
}
