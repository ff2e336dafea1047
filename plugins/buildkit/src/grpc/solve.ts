import { setTimeout as delay } from "node:timers/promises";
import { abortedError } from "@imagespec/errors";
import type { BuildStatus, Vertex } from "../daemon/build-status.ts";
import { SolveError } from "../daemon/solve-error.ts";
import { decodeStatus } from "../protocol/decode-status.ts";
import { decodeErrorDetails } from "../protocol/error-details.ts";
import type { GrpcCall } from "../protocol/grpc-call.ts";
import { GrpcError, grpcCodes } from "../protocol/grpc-error.ts";
import type { Messages, SolveRequestMessage } from "../protocol/messages.ts";
import type { GrpcConnection } from "./connect-grpc.ts";
import { control } from "./control.ts";

/**
 * How long an answer may be behind the end of the progress of a build in which a step failed. Its trailers hold the whole Dockerfile;
 * when they are longer than 64 kB, Node.js drops them and the connection without a word: progress comes over another one.
 */
const answerDelayMs = 3000;
/** After a build the last of its progress may still be on its way; when nothing comes for so long, nothing will. */
const statusIdleMs = 2000;

/**
 * Runs one build, and tells its progress to the end.
 *
 * @throws ABORTED at once; SolveError for what the daemon says; what broke the connection
 */
export async function solve(
  { connection, progress }: { readonly connection: GrpcConnection; readonly progress: GrpcConnection },
  request: SolveRequestMessage,
  options: {
    /** Must not throw. */
    readonly onStatus: (status: BuildStatus) => void;
    readonly signal: AbortSignal;
  },
): Promise<Readonly<Record<string, string>>> {
  const { client, messages } = connection;
  const { signal } = options;
  if (signal.aborted) throw abortedError(signal);
  const calls: GrpcCall[] = [];
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortedError(signal));
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    const running = client.call(control.solve);
    const status = progress.client.call(control.status);
    calls.push(running, status);
    const watching = watch(status, messages, request.Ref, options.onStatus);
    const work = runSolve(running, messages, request);
    const told = work.then(
      () => watching.drained(request.Exporters.length > 0),
      () => watching.drained(false),
    );
    const done = told.then(() => work);
    return await Promise.race([done, aborted, watching.failedWithoutAnswer]);
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    throw error instanceof GrpcError ? toSolveError(error, messages) : error;
  } finally {
    signal.removeEventListener("abort", abort);
    for (const call of calls) call.cancel();
  }
}

async function runSolve(
  call: GrpcCall,
  messages: Messages,
  request: SolveRequestMessage,
): Promise<Readonly<Record<string, string>>> {
  await call.send(messages.SolveRequest.encode(request));
  call.end();
  let response: Readonly<Record<string, string>> = {};
  for await (const message of call.messages) response = messages.SolveResponse.decode(message).ExporterResponse;
  return response;
}

interface Watching {
  /** Rejects when a step failed, the progress ended, and the answer is overdue; never resolves. */
  readonly failedWithoutAnswer: Promise<never>;
  /** Resolves when the progress has ended, or has told of the end of the export, or has been silent for a while. */
  drained(isExported: boolean): Promise<void>;
}

const never = new Promise<never>(() => undefined);

function watch(call: GrpcCall, messages: Messages, ref: string, onStatus: (status: BuildStatus) => void): Watching {
  let lastSeen = Date.now();
  let failed: Vertex | undefined;
  const end = new AbortController();
  // The last step of a build that exports something. The progress ends some tenths of a second after it.
  const exported = new AbortController();
  const read = async () => {
    await call.send(messages.StatusRequest.encode({ Ref: ref }));
    call.end();
    for await (const message of call.messages) {
      lastSeen = Date.now();
      const status = decodeStatus(messages.StatusResponse.decode(message));
      failed ??= status.vertexes.find(({ error }) => error !== "");
      onStatus(status);
      if (status.vertexes.some(isEndOfExport)) exported.abort();
    }
  };
  const reading = read().finally(() => end.abort());
  const follow = async (): Promise<never> => {
    try {
      await reading;
    } catch {
      // How the build ends is what Solve says; a failure of this call comes along with that of the other.
      return await never;
    }
    if (failed === undefined) return await never;
    await delay(answerDelayMs, undefined, { ref: false });
    const details = [{ kind: "vertex", digest: failed.digest }] as const;
    throw new SolveError(failed.error, { grpcCode: grpcCodes.unknown, details });
  };
  return {
    failedWithoutAnswer: follow(),
    async drained(isExported) {
      const since = Date.now();
      const signal = isExported ? AbortSignal.any([end.signal, exported.signal]) : end.signal;
      while (!signal.aborted) {
        const left = Math.max(lastSeen, since) + statusIdleMs - Date.now();
        if (left <= 0) return;
        await delay(left, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

function isEndOfExport({ name, completed }: Vertex): boolean {
  return completed !== undefined && name.startsWith("exporting ");
}

function toSolveError(error: GrpcError, messages: Messages): SolveError {
  const details = error.details === undefined ? [] : decodeErrorDetails(error.details, messages);
  return new SolveError(error.message, { grpcCode: error.code, details });
}
