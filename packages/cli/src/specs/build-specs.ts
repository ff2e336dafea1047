import type { BuildAllOptions, ImageBuildEngine, SettledBuild } from "@imagespec/core";
import type { BuildReporter, ReportedBuild } from "../output/build-reporter.ts";
import { specFacts, specTitle } from "./spec-facts.ts";
import type { SpecToBuild } from "./spec-to-build.ts";

export interface BuiltSpec {
  readonly loaded: SpecToBuild;
  readonly outcome: SettledBuild;
}

/** Builds specs side by side and has each reported while it runs and as soon as it has ended. */
export async function buildSpecs(
  engine: ImageBuildEngine,
  specs: readonly SpecToBuild[],
  options: BuildAllOptions,
  reporterFor: (builds: readonly ReportedBuild[]) => BuildReporter,
  platform?: string | readonly string[],
): Promise<readonly BuiltSpec[]> {
  const reporter = reporterFor(
    specs.map((loaded) => ({ title: specTitle(loaded), facts: specFacts(loaded, platform), origin: loaded })),
  );
  try {
    const inputs = specs.map((loaded, position) => ({
      spec: loaded.spec,
      options: {
        root: loaded.root,
        lockName: loaded.lockName,
        ...loaded.build,
        onEvent: (event: Parameters<BuildReporter["event"]>[1]) => {
          reporter.event(position, event);
          if (event.type !== "done") return;
          reporter.ended(
            position,
            "result" in event
              ? { status: "fulfilled", result: event.result }
              : { status: "rejected", error: event.error },
          );
        },
      },
    }));
    const outcomes = specs.some(({ build }) => build !== undefined)
      ? await oneByOne(engine, inputs, options)
      : await engine.buildAllSettled(inputs, options);
    return specs.flatMap((loaded, position) => {
      const outcome = outcomes[position];
      return outcome === undefined ? [] : [{ loaded, outcome }];
    });
  } finally {
    reporter.close();
  }
}

/** Names of images may stand in the specs after them: in order, up to the first that fails. */
async function oneByOne(
  engine: ImageBuildEngine,
  inputs: Parameters<ImageBuildEngine["buildAllSettled"]>[0],
  options: BuildAllOptions,
): Promise<readonly SettledBuild[]> {
  const outcomes: SettledBuild[] = [];
  for (const input of inputs) {
    if (outcomes.some(({ status }) => status === "rejected")) break;
    outcomes.push(...(await engine.buildAllSettled([input], options)));
  }
  return outcomes;
}
