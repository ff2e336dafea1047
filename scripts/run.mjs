// Running programs from the repository's scripts.
import { spawn } from "node:child_process";
import path from "node:path";

export const root = path.dirname(import.meta.dirname);

export function say(text) {
  process.stderr.write(`· ${text}\n`);
}

/**
 * Runs a program without a shell. `quiet` shows its output only when it fails; `capture` returns standard output.
 * Rejects when it fails, unless `allowFailure`.
 */
export function run(
  program,
  args,
  { cwd = root, env = process.env, quiet = false, capture = false, allowFailure = false } = {},
) {
  return new Promise((resolve, reject) => {
    const pipe = quiet || capture;
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ["ignore", pipe ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    });
    let stdout = "";
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0 || allowFailure) {
        resolve({ code: code ?? 1, stdout, output });
        return;
      }
      if (pipe) process.stderr.write(output);
      reject(new Error(`${path.basename(program)} ${args.join(" ")} ended with ${code ?? signal}`));
    });
  });
}

export function bin(name) {
  return path.join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
}
