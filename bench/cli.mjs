// The command's start beside an empty Node's.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { compare } from "./_compare.mjs";

const command = path.join(import.meta.dirname, "..", "packages", "cli", "bin", "imagespec.js");

function time(...args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - start;
}

const empty = async () => time("-e", "0");
await compare("cli", [
  { case: "help", unit: "ms", runs: 15, ours: async () => time(command, "--help"), peer: empty },
  { case: "version", unit: "ms", runs: 15, ours: async () => time(command, "--version"), peer: empty },
]);
