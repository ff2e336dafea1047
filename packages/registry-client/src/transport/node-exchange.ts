import type { ClientRequest, IncomingMessage } from "node:http";
import { abortedError } from "@imagespec/errors";
import { ContentFailure } from "./content-failure.ts";
import { guardedBody } from "./guarded-body.ts";
import { IdleTimer, idleError } from "./idle-timer.ts";
import { onAbort } from "./on-abort.ts";
import { uploadPieces } from "./send-stream.ts";
import type { StreamBody, TransportRequest, TransportResponse } from "./transport.ts";

/** Sends a request that `node:http` or `node:https` has prepared and resolves with its response. */
export function nodeExchange(outgoing: ClientRequest, request: TransportRequest): Promise<TransportResponse> {
  const { body, signal, timeoutMs } = request;
  return new Promise((resolve, reject) => {
    let reason: unknown;
    const stop = (error: unknown): void => {
      reason ??= error;
      reject(error);
      outgoing.destroy();
    };
    outgoing.on("error", (error) => reject(reason ?? error));
    const idle = new IdleTimer(timeoutMs, () => stop(idleError(timeoutMs)));
    const stopListening = onAbort(signal, () => stop(abortedError(signal)));
    let uploaded = !isStream(body);

    outgoing.once("close", () => {
      idle.end();
      stopListening();
    });
    outgoing.once("response", (incoming) => {
      // An answer before the end of the upload: the rest is not wanted, and the connection cannot be used again.
      if (!uploaded) incoming.once("close", () => outgoing.destroy());
      resolve({
        status: incoming.statusCode ?? 0,
        header: (name) => headerOf(incoming, name),
        body: guardedBody(incoming, idle, (error) => reason ?? error),
      });
    });
    // The wait for a free connection of the pool is not the peer's.
    outgoing.once("socket", () => {
      idle.arm();
      if (!isStream(body)) return;
      upload(outgoing, body, idle).then(
        (complete) => {
          uploaded = complete;
        },
        (error: unknown) => {
          if (error instanceof ContentFailure) stop(error);
        },
      );
    });
    if (!isStream(body)) outgoing.end(body);
  });
}

/** Writes the content with back-pressure; false when the exchange ended before it did. */
async function upload(outgoing: ClientRequest, body: StreamBody, idle: IdleTimer): Promise<boolean> {
  let over = false;
  let wake = (): void => {};
  const end = (): void => {
    over = true;
    wake();
  };
  const drained = (): void => wake();
  outgoing.once("response", end).once("close", end).on("drain", drained);
  try {
    for await (const piece of uploadPieces(body, idle)) {
      if (over) return false;
      if (!outgoing.write(piece)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (over) resolve();
        });
      }
      if (over) return false;
    }
    outgoing.end();
    return true;
  } finally {
    outgoing.off("response", end).off("close", end).off("drain", drained);
  }
}

function isStream(body: TransportRequest["body"]): body is StreamBody {
  return body !== undefined && "open" in body;
}

function headerOf(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
