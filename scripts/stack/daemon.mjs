import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeAtomically } from "./folder.mjs";

/** Start time of a process in clock ticks: with the pid it names one process for ever, whatever pids are reused. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in parentheses and may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return undefined;
    throw error;
  }
}

function recordFile(folder, name) {
  return path.join(folder.run, `${name}.json`);
}

/** The record of a daemon that runs, or undefined. */
export function runningDaemon(folder, name) {
  const file = recordFile(folder, name);
  if (!existsSync(file)) return undefined;
  try {
    const record = JSON.parse(readFileSync(file, "utf8"));
    return record.startTime !== undefined && startTime(record.pid) === record.startTime ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Names of all daemons that were ever started here and not stopped. */
export function recordedDaemons(folder) {
  if (!existsSync(folder.run)) return [];
  return readdirSync(folder.run)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
}

/**
 * Makes sure that a daemon runs with exactly this command line and is ready: one that runs with another is replaced.
 *
 * @param {{ name: string, argv: readonly string[], env?: Record<string, string>, ready: () => Promise<boolean>,
 *   beforeStart?: () => Promise<void> | void }} daemon
 * @returns {Promise<boolean>} whether it had to be started
 */
export async function ensureDaemon(folder, daemon) {
  const record = runningDaemon(folder, daemon.name);
  if (record && JSON.stringify(record.argv) === JSON.stringify(daemon.argv) && (await daemon.ready())) return false;
  await stopDaemon(folder, daemon.name);
  await daemon.beforeStart?.();

  const logFile = path.join(folder.log, `${daemon.name}.log`);
  const log = openSync(logFile, "w");
  const [file, ...rest] = daemon.argv;
  const child = spawn(file, rest, {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: { ...process.env, ...daemon.env },
  });
  closeSync(log);
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.unref();
  writeAtomically(
    recordFile(folder, daemon.name),
    JSON.stringify({ pid: child.pid, startTime: startTime(child.pid), argv: daemon.argv }),
  );
  for (let waited = 0; waited < 30_000; waited += 25) {
    if (await daemon.ready()) return true;
    if (child.exitCode !== null) break;
    await sleep(25);
  }
  const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-20).join("\n");
  throw new Error(`${daemon.name} did not come up:\n${tail}`);
}

/** Stops a daemon by its pid, first politely. Gives whether there was one. */
export async function stopDaemon(folder, name) {
  const record = runningDaemon(folder, name);
  if (record) await stopProcess(record.pid, 20_000);
  rmSync(recordFile(folder, name), { force: true });
  return record !== undefined;
}

/** Ends one process: SIGTERM, and SIGKILL after the patience is over. */
export async function stopProcess(pid, patienceMs) {
  const born = startTime(pid);
  if (born === undefined) return;
  signalProcess(pid, "SIGTERM");
  for (let waited = 0; startTime(pid) === born; waited += 25) {
    if (waited >= patienceMs) signalProcess(pid, "SIGKILL");
    await sleep(25);
  }
}

function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/**
 * Ends what a killed daemon left: every process that has `folder/` in its command line, and the processes of the
 * containers that such a containerd shim keeps.
 */
export async function stopLeftovers(within) {
  const processes = listProcesses().filter((entry) => entry.pid !== process.pid && entry.pid !== process.ppid);
  const ours = processes.filter((entry) => entry.argv.some((word) => word.includes(`${within}/`)));
  // Only daemons' own programs: an editor or a shell that names a file of the folder is left alone.
  const daemons = ours.filter((entry) =>
    /^(dockerd|containerd|containerd-shim.*|docker-proxy|docker-registry|buildkitd|runc)$/.test(
      path.basename(entry.argv[0] ?? ""),
    ),
  );
  const containers = daemons.flatMap((entry) => {
    const at = entry.argv.indexOf("-id");
    return at === -1 ? [] : [entry.argv[at + 1]];
  });
  const shims = daemons.filter((entry) => path.basename(entry.argv[0]).startsWith("containerd-shim"));
  const inside = processes.filter((entry) => containers.some((id) => id.length > 11 && entry.cgroup.includes(id)));
  // Daemons first: they would restart what is killed below them.
  for (const entry of daemons.filter((one) => !shims.includes(one))) await stopProcess(entry.pid, 5_000);
  for (const entry of [...inside.filter((one) => !daemons.includes(one)), ...shims]) await stopProcess(entry.pid, 500);
  return daemons.length + inside.length;
}

function listProcesses() {
  const found = [];
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const argv = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").filter(Boolean);
      if (argv.length > 0) {
        found.push({ pid: Number(name), argv, cgroup: readFileSync(`/proc/${name}/cgroup`, "utf8") });
      }
    } catch (error) {
      // It ended while the list was read.
      if (error.code !== "ENOENT" && error.code !== "ESRCH") throw error;
    }
  }
  return found;
}
