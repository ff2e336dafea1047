import type { BuildAllOptions, ImageBuildEngine, LoadedSpec, SettledBuild } from "@imagespec/core";
import type { BuildReporter, ReportedBuild } from "../output/build-reporter.ts";
import { specFacts, specTitle } from "./spec-facts.ts";

export interface BuiltSpec {
  readonly loaded: LoadedSpec;
  readonly outcome: SettledBuild;
}

/** Builds specs side by side and has each reported while it runs and as soon as it has ended. */
export async function buildSpecs(
  engine: ImageBuildEngine,
  specs: readonly LoadedSpec[],
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
    const outcomes = await engine.buildAllSettled(inputs, options);
    return specs.flatMap((loaded, position) => {
      const outcome = outcomes[position];
      return outcome === undefined ? [] : [{ loaded, outcome }];
    });
  } finally {
    reporter.close();
  }
}
