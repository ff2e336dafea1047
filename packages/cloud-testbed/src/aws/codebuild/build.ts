import type { BuildFault } from "../faults.ts";
import { type BuildLog, createBuildLog } from "./build-log.ts";
import type { BuildView, LogsConfig } from "./build-view.ts";

type FaultOf<K extends BuildFault["kind"]> = BuildFault & { readonly kind: K };

/** A build that was accepted. */
export interface Build {
  readonly uuid: string;
  readonly view: BuildView;
  readonly logs: NonNullable<LogsConfig["cloudWatchLogs"]>;
  readonly log: BuildLog;
  /** Aborted when the build is stopped, or its time is over. */
  readonly signal: AbortSignal;
  readonly ended: "STOPPED" | "TIMED_OUT" | undefined;
  end(status: "STOPPED" | "TIMED_OUT"): void;
  /** Marks that the state is final. */
  settled(): void;
  /** Resolves when the state is final. */
  readonly finished: Promise<void>;
  fault<K extends BuildFault["kind"]>(kind: K): FaultOf<K> | undefined;
}

export interface BuildParts {
  readonly uuid: string;
  readonly view: BuildView;
  readonly logs: NonNullable<LogsConfig["cloudWatchLogs"]>;
  readonly faults: readonly BuildFault[];
}

export function createBuild({ uuid, view, logs, faults }: BuildParts): Build {
  const controller = new AbortController();
  let ended: Build["ended"];
  let settle = () => {};
  const finished = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return {
    uuid,
    view,
    logs,
    log: createBuildLog(),
    signal: controller.signal,
    get ended() {
      return ended;
    },
    end(status) {
      if (ended !== undefined || view.buildComplete) return;
      ended = status;
      controller.abort(new Error(status));
    },
    settled: () => settle(),
    finished,
    fault<K extends BuildFault["kind"]>(kind: K) {
      // Found by its kind.
      return faults.find((fault) => fault.kind === kind) as FaultOf<K> | undefined;
    },
  };
}
