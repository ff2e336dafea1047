import type { Build } from "./build.ts";
import type { BuildHost } from "./build-host.ts";
import type { BuildLog } from "./build-log.ts";
import type { BuildScript } from "./build-script.ts";

/** A build while it runs. */
export interface RunningBuild {
  readonly build: Build;
  readonly host: BuildHost;
  readonly script: BuildScript;
  readonly log: BuildLog;
  /** Aborted with a BuildEnded when the build is to end. */
  readonly stop: AbortController;
  /** Its own folder, with `workspace` and `home` in it. */
  readonly folder: string;
  /** E-mail address of the account that it runs as. */
  readonly principal: string;
  /** Values of `availableSecrets` by their variables. */
  readonly secretEnv: Map<string, string>;
  /** Values of all substitutions. */
  readonly substitutions: ReadonlyMap<string, string>;
}
