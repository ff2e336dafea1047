import { spawn } from "node:child_process";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { withFileLock } from "@imagespec/image-store";
import { run } from "@imagespec/test-support";

/** A Python with a release of flytekit from the package index. */
export interface RealFlytekit {
  /** Runs a script with text on its standard input, and gives what it prints. */
  python(script: string, options: { readonly cwd: string; readonly input: string }): Promise<string>;
}

const uvVersion = "0.13.9";

/** The folder that tools are kept in between runs. */
function toolCache(): string {
  const home = process.env["XDG_CACHE_HOME"] || path.join(process.env["HOME"] || homedir(), ".cache");
  return path.join(home, "imagespec-dev", "stack", "flytekit");
}

/**
 * flytekit as users have it, installed once by uv. Where the machine cannot have it the test is skipped, and in CI fails.
 *
 * @param context of the test
 */
export async function realFlytekit(
  version: string,
  context: { readonly skip: (note?: string) => never },
): Promise<RealFlytekit> {
  const cache = toolCache();
  const folder = path.join(cache, version);
  try {
    await mkdir(cache, { recursive: true });
    const signal = AbortSignal.timeout(400_000);
    await withFileLock(path.join(cache, `${version}.lock`), () => install(cache, folder, version), { signal });
  } catch (error) {
    const { CI: ci } = process.env;
    if ((ci !== undefined && ci !== "" && ci !== "false") || !(error instanceof Error)) throw error;
    return context.skip(`flytekit ${version} cannot be installed: ${error.message.split("\n")[0]}`);
  }
  const python = path.join(folder, "bin", "python");
  return {
    python: (script, { cwd, input }) => runPython(python, script, cwd, input),
  };
}

async function install(cache: string, folder: string, version: string): Promise<void> {
  const done = path.join(folder, ".complete");
  if (await exists(done)) return;
  const uv = path.join(cache, `uv-${uvVersion}`);
  if (!(await exists(path.join(uv, ".complete")))) {
    await rm(uv, { recursive: true, force: true });
    await run(["python3", "-m", "venv", uv]);
    await run([path.join(uv, "bin", "pip"), "install", "--quiet", `uv==${uvVersion}`]);
    await writeFile(path.join(uv, ".complete"), "");
  }
  const program = path.join(uv, "bin", "uv");
  await rm(folder, { recursive: true, force: true });
  await run([program, "venv", "--quiet", "--python", await interpreter(), folder]);
  const python = path.join(folder, "bin", "python");
  await run([program, "pip", "install", "--quiet", "--python", python, `flytekit==${version}`], { timeoutMs: 380_000 });
  await writeFile(done, "");
}

/** The path of the `python3` on PATH, behind what may stand in front of it. */
async function interpreter(): Promise<string> {
  return (await run(["python3", "-c", "import sys; print(sys.executable)"])).stdout.trim();
}

function runPython(python: string, script: string, cwd: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PYTHONUTF8: "1", FLYTE_SDK_LOGGING_LEVEL: "50", ...quietGit };
    const child = spawn(python, ["-W", "ignore", "-c", script], { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new Error(`python ended with ${code}:\n${Buffer.concat(errors).toString().slice(-3000)}`));
    });
    child.stdin.end(input);
  });
}

/** No configuration of the user's has a say in what git ignores. */
export const quietGit: Readonly<Record<string, string>> = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
