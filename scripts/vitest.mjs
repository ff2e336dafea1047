// Runs vitest and counts: { passed, failed, skipped }.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { root, run } from "./run.mjs";

export function vitest(args, env) {
  return vitestWith(process.execPath, args, env);
}

/** @param node the Node binary to run the tests with */
export async function vitestWith(node, args, env = process.env) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-vitest-"));
  const file = path.join(folder, "results.json");
  const program = path.join(root, "node_modules", "vitest", "vitest.mjs");
  try {
    const { code } = await run(
      node,
      [program, "run", ...args, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
      // A log that is no terminal is read as plain text.
      { env: process.stdout.isTTY ? env : { ...env, NO_COLOR: "1", FORCE_COLOR: undefined }, allowFailure: true },
    );
    const report = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo } = report;
    // A file that cannot be loaded, or an unhandled rejection, fails the run without failing a test.
    return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: pending + todo };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
