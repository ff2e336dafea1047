import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ContextFile } from "@imagespec/dockerfile";
import { abortedError, isImageSpecError, messageOf, throwIfAborted } from "@imagespec/errors";
import { digestOf } from "@imagespec/oci";
import {
  type BuildkitDaemon,
  type BuildStatus,
  SolveError,
  type SolveResult,
  type SolveWork,
} from "../daemon/daemon.ts";
import { createSession, type Session } from "../session/session.ts";
import { connectGrpc, type GrpcConnection } from "./connect-grpc.ts";
import type { Dialer } from "./dialer.ts";
import { solve } from "./solve.ts";
import { createSolveRequest, dockerfileName } from "./solve-request.ts";

/** A daemon as far as it is known before it builds. */
export interface GrpcDaemonOptions extends Omit<BuildkitDaemon, "kind" | "solve" | keyof AsyncDisposable> {
  readonly kind: "engine" | "buildkitd";
  readonly dialer: Dialer;
}

/** When the daemon drops our session, its own reason is given this long to arrive. */
const sessionGraceMs = 1000;

/**
 * A daemon that is spoken to by BuildKit's own API. Each build has a connection and a session of its own, so that nothing stays
 * open between builds and no login outlives its build.
 */
export function createGrpcDaemon({ dialer, ...daemon }: GrpcDaemonOptions): BuildkitDaemon {
  return {
    ...daemon,
    async solve(work) {
      const interruption = createInterruption(work.signal);
      try {
        throwIfAborted(work.signal);
        using connection = await connectGrpc(dialer, interruption.signal);
        // Of its own: a failure whose details are too long for Node.js takes the connection of its answer along.
        const opening = connectGrpc({ ...dialer, protocols: [connection.protocol] }, interruption.signal);
        using _progress = closedWithScope(opening);
        const imageExporter = daemon.kind === "engine" ? "moby" : "image";
        return await runWork({ connection, progress: opening, imageExporter }, work, interruption);
      } catch (error) {
        if (work.signal.aborted) throw abortedError(work.signal);
        if (interruption.failure !== undefined) throw interruption.failure.error;
        throw error instanceof SolveError || isImageSpecError(error)
          ? error
          : new SolveError(messageOf(error), { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Closes a connection that is being opened, whatever becomes of that; who waits for it sees its error. */
function closedWithScope(opening: Promise<GrpcConnection>): Disposable {
  const settled = opening.then(
    (connection) => () => connection[Symbol.dispose](),
    () => () => undefined,
  );
  return {
    [Symbol.dispose]() {
      void settled.then((close) => close());
    },
  };
}

/** What ends a build before its time: the caller, or something of ours that failed. */
interface Interruption {
  /** Of this build alone: many builds may share the caller's, and Node.js warns of a signal with many listeners. */
  readonly signal: AbortSignal;
  readonly failure: { readonly error: unknown } | undefined;
  fail(error: unknown): void;
}

function createInterruption(callers: AbortSignal): Interruption {
  const stop = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  return {
    signal: AbortSignal.any([callers, stop.signal]),
    get failure() {
      return failure;
    },
    fail(error) {
      failure ??= { error };
      stop.abort();
    },
  };
}

async function runWork(
  {
    connection,
    progress,
    imageExporter,
  }: {
    readonly connection: GrpcConnection;
    /** Opened while the session is. */
    readonly progress: Promise<GrpcConnection>;
    readonly imageExporter: "moby" | "image";
  },
  work: SolveWork,
  interruption: Interruption,
): Promise<SolveResult> {
  let contextBytes = 0;
  const session = createSession(
    {
      folders: { context: work.context, dockerfile: dockerfileFolder(work.text) },
      sharedKey: work.sharedKey,
      secret: work.secret,
      credentials: work.credentials,
      ...(work.exporter.kind === "oci" ? { receive: work.exporter.receive } : {}),
      onSent(folder, sent, paths) {
        // Old daemons look for an ignore file in the context, first.
        if (folder !== "context" || paths[0]?.endsWith(".dockerignore")) return;
        contextBytes += sent.bytes;
        work.onContext?.(sent);
      },
      onFailure: interruption.fail,
    },
    connection.messages,
  );
  const exporter = await withSession(connection, session, interruption, async () => {
    const ids = { ref: randomBytes(16).toString("hex"), session: session.id };
    const request = createSolveRequest(work, ids, imageExporter);
    const onStatus = (status: BuildStatus) => {
      try {
        work.onStatus(status);
      } catch (error) {
        interruption.fail(error);
      }
    };
    return solve({ connection, progress: await progress }, request, { onStatus, signal: interruption.signal });
  });
  return { exporter, contextBytes };
}

async function withSession<Result>(
  connection: GrpcConnection,
  session: Session,
  interruption: Interruption,
  run: () => Promise<Result>,
): Promise<Result> {
  const server = await connection.openSession(session, interruption.signal);
  const finished = new AbortController();
  const watch = async () => {
    await server.closed;
    await delay(sessionGraceMs, undefined, { signal: finished.signal });
    interruption.fail(new SolveError("the daemon closed the session in the middle of the build"));
  };
  // An AbortError says that the build was finished in time.
  watch().catch(() => undefined);
  try {
    return await run();
  } finally {
    finished.abort();
    server.close();
  }
}

/**
 * The folder with the Dockerfile. Its own ignore file, which ignores nothing, keeps daemons from looking for one in the context:
 * the context was filtered when it was planned.
 */
function dockerfileFolder(text: string): readonly ContextFile[] {
  return [textFile(dockerfileName, text), textFile(`${dockerfileName}.dockerignore`, "# everything is needed\n")];
}

function textFile(path: string, text: string): ContextFile {
  const bytes = Buffer.from(text, "utf8");
  return {
    kind: "file",
    path,
    mode: 0o644,
    size: bytes.length,
    digest: digestOf(bytes),
    async *open() {
      yield bytes;
    },
  };
}
