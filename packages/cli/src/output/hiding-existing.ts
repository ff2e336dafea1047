import type { BuildReporter } from "./build-reporter.ts";

/** A reporter that keeps quiet about images that were there already. */
export function hidingExisting(reporter: BuildReporter): BuildReporter {
  return {
    event: (position, event) => reporter.event(position, event),
    ended(position, outcome, log) {
      if (outcome.status === "fulfilled" && outcome.result.action !== "built" && outcome.result.action !== "joined")
        return;
      reporter.ended(position, outcome, log);
    },
    close: () => reporter.close(),
  };
}
