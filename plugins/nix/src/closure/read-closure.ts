import { realiseError } from "../errors/explain-failure.ts";
import { plainText } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";
import { parseStorePaths, type StorePath } from "./store-path.ts";

/** Paths are handed over as arguments, of which a program takes a limited amount. */
const pathsPerCall = 1000;

/** Everything that store paths need, with what Nix knows of it, sorted. @throws BUILD_FAILED, ABORTED */
export async function readClosure(
  nix: NixProcess,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly StorePath[]> {
  if (paths.length === 0) return [];
  const all = await query(nix, ["--query", "--requisites", ...paths], signal);
  const names = [...new Set(all.split("\n").filter((line) => line !== ""))].sort();
  const parts: StorePath[] = [];
  for (let at = 0; at < names.length; at += pathsPerCall) {
    parts.push(...parseStorePaths(await query(nix, ["--dump-db", ...names.slice(at, at + pathsPerCall)], signal)));
  }
  return parts;
}

async function query(nix: NixProcess, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { stdout, lines, code } = await nix.run("nix-store", args, { signal });
  if (code !== 0) throw realiseError({ code, messages: lines.map(plainText), output: [] });
  return stdout;
}
