import { stripVTControlCharacters } from "node:util";
import type { CommandContext } from "../command-context.ts";

/** A context whose output is kept as text. */
export interface TestContext extends CommandContext {
  /** What was written to standard output and error, without terminal codes. */
  output(): { readonly stdout: string; readonly stderr: string };
}

/** A context without a terminal, in a folder. */
export function testContext(cwd = "/", env: Readonly<Record<string, string | undefined>> = {}): TestContext {
  const written = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += stripVTControlCharacters(text);
    },
  });
  return {
    env,
    cwd,
    stdin: empty(),
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    signal: new AbortController().signal,
    handOver: () => ({ [Symbol.dispose]: () => {} }),
    output: () => ({ ...written }),
  };
}

async function* empty(): AsyncGenerator<Uint8Array> {}
