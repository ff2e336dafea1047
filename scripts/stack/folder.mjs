import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { StackMissingError } from "./command.mjs";

/** Paths of sockets end at 108 bytes, and containerd puts its own some levels below the folder. */
const longestFolder = 60;

/**
 * The folders of one stack. Everything that runs lives in `root`; what may be kept for ever (downloads, packed layers,
 * unpacked engines) lives in `cache`, shared by every stack of the user.
 */
export function stackFolder(environment = process.env) {
  const root = path.resolve(environment.IMAGESPEC_STACK_DIR || `/tmp/imagespec-stack-${process.getuid?.() ?? 0}`);
  if (Buffer.byteLength(root) > longestFolder) {
    throw new StackMissingError(`a folder of at most ${longestFolder} bytes for the sockets: "${root}" is longer`);
  }
  const home = environment.XDG_CACHE_HOME || path.join(environment.HOME || homedir(), ".cache");
  return {
    root,
    cache: path.join(home, "imagespec-dev", "stack"),
    run: path.join(root, "run"),
    log: path.join(root, "log"),
    work: path.join(root, "work"),
    lock: path.join(root, "lock"),
    dockerConfig: path.join(root, "docker-config"),
  };
}

/** Creates the folders; the root is for its owner alone, since whoever opens a daemon's socket is root. */
export function createFolders(folder) {
  mkdirSync(folder.root, { recursive: true, mode: 0o700 });
  for (const name of ["run", "log", "dockerConfig", "cache"]) mkdirSync(folder[name], { recursive: true });
}

/** What a stack remembers between runs: its registry port and its networks. A damaged file counts as absent. */
export function readState(folder) {
  const file = path.join(folder.root, "state.json");
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export function writeState(folder, state) {
  writeAtomically(path.join(folder.root, "state.json"), `${JSON.stringify(state, undefined, 2)}\n`);
}

/** Writes by renaming, so that another process never reads half a file. */
export function writeAtomically(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, content);
  renameSync(partial, file);
}
