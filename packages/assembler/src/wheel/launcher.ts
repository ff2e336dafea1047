import type { EntryPoint } from "./entry-points.ts";

/** The program that starts an entry point. */
export function launcher(interpreter: string, { module, object }: EntryPoint): string {
  const [first] = object.split(".");
  return `#!${interpreter}
import sys
from ${module} import ${first}
if __name__ == "__main__":
    sys.exit(${object}())
`;
}

/** The first line that stands for "the interpreter of the environment". @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#recommended-installer-features */
const marker = Buffer.from("#!python");

/** Whether a script starts with `#!python`. */
export function wantsInterpreter(start: Uint8Array): boolean {
  return Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, marker.length)).equals(marker);
}

/** The script with the interpreter in its first line; arguments stay. */
export function withInterpreter(script: Uint8Array, interpreter: string): Buffer {
  const bytes = Buffer.from(script.buffer, script.byteOffset, script.length);
  const newline = bytes.indexOf(0x0a);
  const end = newline < 0 ? bytes.length : newline;
  const args = /^#!pythonw?([ \t][^\r]*)?/.exec(bytes.subarray(0, end).toString("utf8"))?.[1] ?? "";
  return Buffer.concat([Buffer.from(`#!${interpreter}${args.trimEnd()}`), bytes.subarray(end)]);
}
