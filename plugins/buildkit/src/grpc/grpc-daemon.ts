import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ContextFile } from "@imagespec/dockerfile";
import { abortedError, isImageSpecError, messageOf, throwIfAborted } from "@imagespec/errors";
import { digestOf } from "@imagespec/oci";
import { type BuildkitDaemon, SolveError, type SolveResult, type SolveWork } from "../daemon/daemon.ts";
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
      try {
        throwIfAborted(work.signal);
        const connection = await connectGrpc(dialer, work.signal);
        try {
          return await runWork(connection, work, daemon.kind === "engine" ? "moby" : "image");
        } finally {
          connection[Symbol.dispose]();
        }
      } catch (error) {
        if (work.signal.aborted) throw abortedError(work.signal);
        if (error instanceof SolveError || isImageSpecError(error) || error instanceof WorkFailure) {
          throw error instanceof WorkFailure ? error.cause : error;
        }
        throw new SolveError(messageOf(error), { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Carries what the work itself (its files, secrets, logins) threw past the mapping of connection errors. */
class WorkFailure extends Error {}

async function runWork(
  connection: GrpcConnection,
  work: SolveWork,
  imageExporter: "moby" | "image",
): Promise<SolveResult> {
  const stop = new AbortController();
  const signal = AbortSignal.any([work.signal, stop.signal]);
  let failure: Error | undefined;
  let contextBytes = 0;
  const fail = (error: Error) => {
    failure ??= error;
    stop.abort();
  };
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
      onFailure: (error) => fail(new WorkFailure("the work failed", { cause: error })),
    },
    connection.messages,
  );
  try {
    const exporter = await withSession(connection, session, { signal, fail }, () => {
      const ids = { ref: randomBytes(16).toString("hex"), session: session.id };
      return solve(connection, createSolveRequest(work, ids, imageExporter), { onStatus: work.onStatus, signal });
    });
    return { exporter, contextBytes };
  } catch (error) {
    throw failure ?? error;
  }
}

async function withSession<Result>(
  connection: GrpcConnection,
  session: Session,
  options: { readonly signal: AbortSignal; readonly fail: (error: Error) => void },
  run: () => Promise<Result>,
): Promise<Result> {
  const server = await connection.openSession(session, options.signal);
  const finished = new AbortController();
  const watch = async () => {
    await server.closed;
    await delay(sessionGraceMs, undefined, { signal: finished.signal });
    options.fail(new SolveError("the daemon closed the session in the middle of the build"));
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
