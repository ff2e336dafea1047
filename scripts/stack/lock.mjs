import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const mark = "IMAGESPEC_STACK_LOCKED";

/** Whether this process is the one that runs under the lock. */
export const holdsLock = process.env[mark] === "1";

/**
 * Runs this same program again under the stack's lock and ends with its exit code.
 *
 * The lock is the kernel's, so a killed holder leaves nothing behind; `-o` keeps it from the daemons that are started.
 */
export function rerunUnderLock(lockFile, moduleUrl) {
  const { status, signal, error } = spawnSync(
    "flock",
    ["-o", lockFile, process.execPath, fileURLToPath(moduleUrl), ...process.argv.slice(2)],
    { stdio: "inherit", env: { ...process.env, [mark]: "1" } },
  );
  if (error) throw error;
  process.exit(status ?? (signal ? 1 : 0));
}
