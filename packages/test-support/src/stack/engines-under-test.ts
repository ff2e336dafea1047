import type { StackDaemonName, StackEngineName } from "./stack.ts";

/** Which daemons of the stack the tests of a builder run against. Also the options of `requireStack` for all of them. */
export interface EnginesUnderTest {
  /** Docker Engines; the first one is the default. */
  readonly engines: readonly StackEngineName[];
  readonly buildkitd: boolean;
  /** The engines and, when it is wanted, buildkitd: for `test.for`. */
  readonly daemons: readonly StackDaemonName[];
  /** Whether `IMAGESPEC_ENGINES` is set: tests that take minutes run then alone. */
  readonly slow: boolean;
}

const known: readonly StackDaemonName[] = ["20.10", "26.1", "28.5", "28.5-containerd", "buildkitd"];

/**
 * What `IMAGESPEC_ENGINES` names, separated by commas (`20.10,28.5-containerd,buildkitd`), or else the default engine alone:
 * `IMAGESPEC_STACK_ENGINE`, or `20.10`. buildkitd alone comes with the default engine, which its images run on.
 *
 * @throws TypeError when a name is none of the stack's daemons
 */
export function enginesUnderTest(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): EnginesUnderTest {
  const asked = environment["IMAGESPEC_ENGINES"] || undefined;
  const named = asked === undefined ? [defaultEngine(environment)] : asked.split(",").map(parseDaemon);
  const chosen = known.filter((name) => named.includes(name));
  const engines = chosen.filter((name) => name !== "buildkitd");
  return {
    engines: engines.length === 0 ? [defaultEngine(environment)] : engines,
    buildkitd: chosen.includes("buildkitd"),
    daemons: chosen,
    slow: asked !== undefined,
  };
}

/** The engine of tests that ask for none: `IMAGESPEC_STACK_ENGINE`, or `20.10`. */
export function defaultEngine(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StackEngineName {
  const name = parseDaemon(environment["IMAGESPEC_STACK_ENGINE"] || "20.10");
  if (name === "buildkitd") throw new TypeError('IMAGESPEC_STACK_ENGINE names an Engine, and "buildkitd" is none');
  return name;
}

function parseDaemon(text: string): StackDaemonName {
  const name = known.find((candidate) => candidate === text.trim());
  if (name === undefined) throw new TypeError(`unknown engine "${text}"; known are ${known.join(", ")}`);
  return name;
}
