import type { BuilderEvent } from "@imagespec/core";
import type { DockerfilePlan } from "@imagespec/dockerfile";
import { abortedError } from "@imagespec/errors";
import { digestOf } from "@imagespec/oci";
import type { BuildStatus, SolveExporter, SolveWork } from "../daemon/daemon.ts";
import { createProgress } from "../progress/create-progress.ts";
import type { BuildSession } from "./build-session.ts";
import { cacheEntries } from "./cache-entries.ts";
import { daemonLogin } from "./daemon-login.ts";
import { SecretProvider } from "./secret-provider.ts";
import { StallWatch } from "./stall-watch.ts";
import { hasEnded, WorkTally } from "./work-tally.ts";

/** What is to be carried out, wherever it goes. */
export interface PlannedWork extends Pick<DockerfilePlan, "text" | "context"> {
  readonly name?: string;
  readonly steps?: DockerfilePlan["steps"];
  readonly secrets?: DockerfilePlan["secrets"];
  readonly buildArgs?: DockerfilePlan["buildArgs"];
  readonly noCache?: boolean;
  /** What steps write to their standard output. */
  readonly onOutput?: (chunk: Uint8Array) => void;
}

/** What came of it. */
export interface SolveOutcome {
  readonly exporter: Readonly<Record<string, string>>;
  readonly contextBytes: number;
  /** Bytes that the daemon pulled and pushed, as far as it tells. */
  readonly pulled: number;
  readonly pushed: number;
  readonly timings: Readonly<Record<string, number>>;
  /** Steps that were carried out, and those that the daemon's cache had. */
  readonly done: readonly string[];
  readonly cached: readonly string[];
}

const stallTimeoutMs = 10 * 60 * 1000;

/** Has the daemon carry out a Dockerfile. @throws BUILD_STEP_FAILED, BASE_NOT_FOUND, REGISTRY_…, ENGINE_…, DISK_FULL, STALLED, ABORTED */
export async function solve(
  session: BuildSession,
  work: PlannedWork & { readonly exporter: SolveExporter },
): Promise<SolveOutcome> {
  const { request, options, daemon } = session;
  const tally = new WorkTally();
  const emit = (event: BuilderEvent): void => {
    tally.add(event);
    if (event.type === "step") {
      if (session.ended.has(event.id)) return;
      if (hasEnded(event.state)) session.ended.add(event.id);
    }
    request.emit(event);
  };
  using stall = new StallWatch(options.stallTimeoutMs ?? stallTimeoutMs, daemon.address);
  const signal = AbortSignal.any([request.signal, stall.signal]);
  const secrets = new SecretProvider(session, work.secrets ?? []);
  const progress = createProgress({
    emit,
    text: work.text,
    steps: work.steps ?? [],
    daemon: daemon.address,
    spec: session.spec,
    ...(work.exporter.kind === "push" ? { target: work.exporter.name } : {}),
  });
  try {
    const result = await daemon.solve({
      ...solveWork(session, work),
      secret: (id) => secrets.read(id),
      credentials: (host) => daemonLogin(request.registryClient, host, request.signal),
      onStatus: (status) => {
        stall.seen();
        progress.update(status);
        if (work.onOutput !== undefined) tellOutput(status, work.onOutput);
      },
      onContext: ({ bytes }) => {
        stall.seen();
        emit({ type: "transfer", kind: "context", item: "context", current: bytes, total: bytes, unit: "byte" });
      },
      signal,
    });
    progress.end();
    return {
      ...result,
      pulled: tally.bytes("pull"),
      pushed: tally.bytes("push"),
      timings: tally.timings,
      done: tally.names("done"),
      cached: tally.names("cached"),
    };
  } catch (error) {
    progress.end(error);
    if (request.signal.aborted) throw abortedError(request.signal);
    if (stall.signal.aborted) throw stall.signal.reason;
    throw progress.explain(error);
  }
}

function solveWork(
  { spec, options, daemon, platform }: BuildSession,
  work: PlannedWork & { readonly exporter: SolveExporter },
): Omit<SolveWork, "secret" | "credentials" | "onStatus" | "onContext" | "signal"> {
  const { text, context, exporter, noCache, buildArgs = {} } = work;
  const { frontend, network } = options;
  const isImage = exporter.kind !== "none";
  return {
    text,
    context,
    // Of a spec: its next build sends what changed. Others must not make it send everything again.
    sharedKey: `imagespec-${digestOf(`${spec.root} ${spec.name ?? spec.id} ${isImage}`).slice(7, 31)}`,
    platform,
    exporter,
    // Files that COPY writes, and the image itself, get this time.
    buildArgs: { SOURCE_DATE_EPOCH: "0", ...buildArgs },
    ...(noCache === undefined ? {} : { noCache }),
    ...(frontend === undefined ? {} : { frontend }),
    ...(network === undefined ? {} : { network }),
    ...(isImage ? cacheEntries(options.cache, daemon.features) : {}),
  };
}

function tellOutput({ logs }: BuildStatus, onOutput: (chunk: Uint8Array) => void): void {
  for (const { stream, message } of logs) if (stream === 1) onOutput(message);
}
