import { spawn } from "node:child_process";

/** What the machine lacks for the stack; `up.mjs` ends with exit code 3 on it. */
export class StackMissingError extends Error {
  name = "StackMissingError";
}

const started = process.hrtime.bigint();

/** Progress goes to stderr: stdout carries the facts alone. */
export function say(text) {
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stderr.write(`[stack ${seconds.toFixed(1).padStart(5)}s] ${text}\n`);
}

/**
 * Runs a command to its end and gives its stdout; another exit code than 0 rejects with the last lines of its output.
 *
 * @param {readonly string[]} argv
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<string>}
 */
export function run(argv, options = {}) {
  const [file, ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out = [];
    const all = [];
    child.stdout.on("data", (chunk) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on("data", (chunk) => all.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const tail = Buffer.concat(all).toString().trimEnd().split("\n").slice(-20).join("\n");
      reject(new Error(`"${argv.slice(0, 4).join(" ")}" ended with ${signal ?? code}:\n${tail}`));
    });
  });
}

/** Whether a command ends with exit code 0. */
export async function succeeds(argv) {
  try {
    await run(argv);
    return true;
  } catch {
    return false;
  }
}
