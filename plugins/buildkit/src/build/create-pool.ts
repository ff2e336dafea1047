import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import { openDaemon } from "../daemon/open-daemon.ts";
import { DaemonPool } from "./daemon-pool.ts";

/** The daemons that the options name. */
export function createPool(options: BuildkitBuilderOptions): DaemonPool {
  return new DaemonPool(options, (host, signal) =>
    openDaemon(host === undefined ? options : { ...options, host }, signal),
  );
}
