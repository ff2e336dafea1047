import { fileURLToPath } from "node:url";
import { ImageSpecError } from "@imagespec/errors";
import { run } from "../process/run.ts";
import type { Stack, StackEngineName, StackFacts, StackPython } from "./stack.ts";

/** What the stack must have. */
export interface StackOptions {
  /** The first one is the default. @default ["20.10"] */
  readonly engines?: readonly StackEngineName[];
  /** @default ["3.12", "3.13"] */
  readonly pythons?: readonly StackPython[];
  /** Also a standalone buildkitd; its first build takes minutes. @default false */
  readonly buildkitd?: boolean;
}

const script = fileURLToPath(new URL("../../../../scripts/stack/up.mjs", import.meta.url));
const started = new Map<string, Promise<Stack>>();

/**
 * Brings up the test stack, or finds it running: one for the machine, whoever asks first. The test command stops it at its end
 * (`scripts/stack/down.mjs`).
 *
 * @throws ENGINE_DOWN when this machine cannot have it; `details.missing` names what it lacks
 */
export function startStack(options: StackOptions = {}): Promise<Stack> {
  const { engines = ["20.10"], pythons = ["3.12", "3.13"], buildkitd = false } = options;
  const args = ["--engines", engines.join(","), "--pythons", pythons.join(","), ...(buildkitd ? ["--buildkitd"] : [])];
  const key = args.join(" ");
  let stack = started.get(key);
  if (stack === undefined) {
    stack = bringUp(args);
    started.set(key, stack);
  }
  return stack;
}

async function bringUp(args: readonly string[]): Promise<Stack> {
  const result = await run([process.execPath, script, ...args], { timeoutMs: 900_000, allowFailure: true });
  if (result.exitCode !== 0) {
    const missing = /^the test stack needs (.*)$/m.exec(result.stderr)?.[1];
    if (result.exitCode === 3 && missing !== undefined) {
      throw new ImageSpecError("ENGINE_DOWN", `the test stack needs ${missing}`, {
        hint: "run the tests as root on Debian 12",
        details: { missing },
      });
    }
    const logTail = result.stderr.trimEnd().split("\n").slice(-20);
    throw new ImageSpecError("ENGINE_DOWN", `the test stack did not come up:\n${logTail.join("\n")}`, { logTail });
  }
  // up.mjs of the same repository writes it.
  const { docker, skopeo, ...facts } = JSON.parse(result.stdout) as PrintedFacts;
  return createStack({ ...facts, dockerClient: docker, skopeoClient: skopeo });
}

interface PrintedFacts extends Omit<StackFacts, "dockerClient" | "skopeoClient"> {
  readonly docker: string;
  readonly skopeo: string;
}

function createStack(facts: StackFacts): Stack {
  return {
    ...facts,
    async docker(args, { engine, ...options } = {}) {
      const chosen = engine === undefined ? undefined : facts.engines[engine];
      if (engine !== undefined && chosen === undefined) {
        throw new ImageSpecError("ENGINE_DOWN", `the test stack was started without Engine "${engine}"`, {
          hint: `ask for it: startStack({ engines: ["${engine}"] })`,
        });
      }
      return run([chosen?.docker ?? facts.dockerClient, ...args], {
        ...options,
        env: {
          DOCKER_HOST: chosen?.dockerHost ?? facts.dockerHost,
          DOCKER_CONFIG: facts.dockerConfig,
          DOCKER_CONTEXT: undefined,
          DOCKER_TLS_VERIFY: undefined,
          ...options.env,
        },
      });
    },
    skopeo(args, options = {}) {
      return run([facts.skopeoClient, "--registries-conf", facts.registriesConfig, ...args], options);
    },
  };
}
