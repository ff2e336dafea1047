import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// The tests' own support package stands on this one, so it cannot be used here: the script behind it is called directly.
const script = fileURLToPath(new URL("../../../scripts/stack/up.mjs", import.meta.url));
const execute = promisify(execFile);

/** A container engine. */
export interface TestEngine {
  readonly store: "graphdriver" | "containerd";
  /** Runs its docker client; gives what it prints. */
  docker(args: readonly string[], input?: AsyncIterable<Uint8Array>): Promise<Buffer>;
}

/** The engines and tools of the machine. */
export interface TestStack {
  readonly engines: Readonly<Record<string, TestEngine>>;
  skopeo(args: readonly string[]): Promise<string>;
}

interface StackFacts {
  readonly dockerConfig: string;
  readonly skopeo: string;
  readonly engines: Readonly<
    Record<string, { readonly dockerHost: string; readonly docker: string; readonly store: TestEngine["store"] }>
  >;
}

async function run(file: string, args: readonly string[], input?: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const running = execute(file, args, { encoding: "buffer", maxBuffer: 1 << 28 });
  if (input !== undefined) for await (const chunk of input) running.child.stdin?.write(chunk);
  running.child.stdin?.end();
  return (await running).stdout;
}

/** Brings up the stack; the reason as text where this machine cannot have it. */
export async function testStack(engines: readonly string[]): Promise<TestStack | string> {
  let facts: StackFacts;
  try {
    const { stdout } = await execute(process.execPath, [script, "--engines", engines.join(","), "--pythons", "3.12"]);
    facts = JSON.parse(stdout);
  } catch (error) {
    const { code, stderr } = error as { readonly code?: unknown; readonly stderr?: unknown };
    if (code === 3 && process.env["CI"] === undefined) return String(stderr);
    throw error;
  }
  const entries = Object.entries(facts.engines).map(([name, { dockerHost, docker, store }]): [string, TestEngine] => {
    const client = ["--config", facts.dockerConfig, "-H", dockerHost];
    return [name, { store, docker: (args, input) => run(docker, [...client, ...args], input) }];
  });
  return {
    engines: Object.fromEntries(entries),
    skopeo: async (args) => (await run(facts.skopeo, ["--insecure-policy", ...args])).toString(),
  };
}
