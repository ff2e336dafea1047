import { fileURLToPath } from "node:url";
import { ImageSpecError } from "@imagespec/errors";
import { forwardPort } from "../process/forward-port.ts";
import { run } from "../process/run.ts";
import { defaultEngine } from "./engines-under-test.ts";
import type { Stack, StackDaemonName, StackEngine, StackEngineName, StackFacts, StackPython } from "./stack.ts";

/** What the stack must have. */
export interface StackOptions {
  /** The first one is the default. @default the one that `IMAGESPEC_STACK_ENGINE` names, else 20.10 */
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
export function startStack(
  options: StackOptions = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Stack> {
  const { engines = [defaultEngine(environment)], pythons = ["3.12", "3.13"], buildkitd = false } = options;
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
  const hostAddress = (daemon?: StackDaemonName) => findDaemon(facts, daemon).hostAddress;
  return {
    ...facts,
    async docker(args, { engine, ...options } = {}) {
      const chosen = engine === undefined ? undefined : findEngine(facts, engine);
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
    hostAddress,
    async expose(url, daemon) {
      const exposed = new URL(url);
      const port = Number(exposed.port || (exposed.protocol === "https:" ? 443 : 80));
      const host = hostAddress(daemon);
      const forwarded = await forwardPort({ host: exposed.hostname, port });
      exposed.hostname = host;
      exposed.port = String(forwarded.port);
      const { close } = forwarded;
      // A URL adds a slash to an address without a path.
      const same = url.endsWith("/") ? exposed.href : exposed.href.replace(/\/$/, "");
      return { url: same, close, [Symbol.asyncDispose]: close };
    },
  };
}

function findDaemon(facts: StackFacts, daemon: StackDaemonName | undefined): { readonly hostAddress: string } {
  if (daemon !== "buildkitd") return findEngine(facts, daemon);
  if (facts.buildkit !== undefined) return facts.buildkit;
  throw new ImageSpecError("ENGINE_DOWN", "the test stack was started without buildkitd", {
    hint: "ask for it: startStack({ buildkitd: true })",
  });
}

function findEngine(facts: StackFacts, name: StackEngineName | undefined): StackEngine {
  const engine =
    name === undefined
      ? Object.values(facts.engines).find(({ dockerHost }) => dockerHost === facts.dockerHost)
      : facts.engines[name];
  if (engine !== undefined) return engine;
  throw new ImageSpecError("ENGINE_DOWN", `the test stack was started without Engine "${name}"`, {
    hint: `ask for it: startStack({ engines: ["${name}"] })`,
  });
}
