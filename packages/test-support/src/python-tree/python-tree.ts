import { fileURLToPath } from "node:url";
import { ImageSpecError } from "@imagespec/errors";
import { run } from "../process/run.ts";
import type { StackPython } from "../stack/stack.ts";

/** A relocatable CPython for Linux on x86-64 (glibc), as a folder with `bin`, `lib` and `include`. Nobody writes into it. */
export interface PythonTree {
  readonly folder: string;
  /** `3.12.1` */
  readonly version: string;
  /** A folder for archives that are made of it, kept between runs. */
  readonly cache: string;
}

const script = fileURLToPath(new URL("../../../../scripts/stack/python-tree.mjs", import.meta.url));
const laidOut = new Map<StackPython, Promise<PythonTree>>();

/**
 * The CPython that the stack's base image of this minor has, laid out once.
 *
 * @throws ENGINE_DOWN when this machine cannot have it
 */
export function pythonTree(minor: StackPython): Promise<PythonTree> {
  let tree = laidOut.get(minor);
  if (tree === undefined) {
    tree = layOut(minor);
    laidOut.set(minor, tree);
  }
  return tree;
}

async function layOut(minor: StackPython): Promise<PythonTree> {
  const result = await run([process.execPath, script, minor], { allowFailure: true });
  if (result.exitCode === 0) {
    // python-tree.mjs of the same repository writes it.
    return JSON.parse(result.stdout) as PythonTree;
  }
  const logTail = result.stderr.trimEnd().split("\n").slice(-20);
  throw new ImageSpecError("ENGINE_DOWN", `CPython "${minor}" could not be laid out:\n${logTail.join("\n")}`, {
    logTail,
  });
}
