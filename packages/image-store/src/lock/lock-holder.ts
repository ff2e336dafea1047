import { randomBytes } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { systemCodeOf } from "@imagespec/errors";

/** Who holds a lock: the content of a lock file. */
export interface LockHolder {
  /** Differs for every attempt to take a lock. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** The pid namespace (Linux): containers may share a host name and still not see each other's processes. */
  readonly pidNamespace?: string;
  /** When the process started, opaque (Linux): tells a process from a later one with the same pid. */
  readonly processStart?: string;
  /** When the lock was asked for, ISO 8601. */
  readonly since: string;
}

async function readProc<T>(read: () => Promise<T>): Promise<T | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    return await read();
  } catch (error) {
    // No such process, or a system that hides its processes.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(systemCodeOf(error) ?? "")) return undefined;
    throw error;
  }
}

interface ProcessFacts {
  readonly state: string;
  readonly start: string;
}

async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  const stat = await readProc(() => readFile(`/proc/${pid}/stat`, "utf8"));
  const boot = await readProc(() => readFile("/proc/sys/kernel/random/boot_id", "utf8"));
  if (stat === undefined || boot === undefined) return undefined;
  // The second field is the command in parentheses, which may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", start: `${boot.trim()}/${fields[19] ?? ""}` };
}

function pidNamespace(): Promise<string | undefined> {
  return readProc(() => readlink("/proc/self/ns/pid"));
}

/** This process as a holder, with a new id. */
export async function currentHolder(): Promise<LockHolder> {
  const namespace = await pidNamespace();
  const facts = await processFacts(process.pid);
  return {
    id: randomBytes(12).toString("hex"),
    pid: process.pid,
    host: hostname(),
    ...(namespace === undefined ? {} : { pidNamespace: namespace }),
    ...(facts === undefined ? {} : { processStart: facts.start }),
    since: new Date().toISOString(),
  };
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ESRCH") return false;
    if (code === "EPERM") return true;
    throw error;
  }
}

/** Whether the holder's process is surely no more. A holder that cannot be seen from here is never surely gone. */
export async function isHolderGone(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname() || holder.pidNamespace !== (await pidNamespace())) return false;
  if (!isSignalable(holder.pid)) return true;
  const facts = await processFacts(holder.pid);
  if (facts === undefined) return false;
  // A killed process answers to signals until its parent has taken note of its death.
  if (facts.state === "Z" || facts.state === "X") return true;
  return holder.processStart !== undefined && holder.processStart !== facts.start;
}

/** Parses the content of a lock file; nothing for anything else. */
export function parseLockHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { id, pid, host, pidNamespace: namespace, processStart, since } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || !/^[0-9a-f]+$/.test(id)) return undefined;
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (typeof host !== "string" || typeof since !== "string") return undefined;
  return {
    id,
    pid,
    host,
    ...(typeof namespace === "string" ? { pidNamespace: namespace } : {}),
    ...(typeof processStart === "string" ? { processStart } : {}),
    since,
  };
}

/** The holder for people: `process 4711 on build-1 since 2026-01-31T12:00:00.000Z`. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return "an unknown process";
  return `process ${holder.pid} on ${holder.host} since ${holder.since}`;
}
