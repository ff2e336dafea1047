import type { IncomingMessage, RequestOptions } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { abortedError, systemCodeOf } from "@imagespec/errors";
import type { EngineAddress } from "./detect.ts";
import { engineConnectionError } from "./engine-connection-error.ts";
import { type EngineDial, engineDial } from "./engine-dial.ts";

/** What an engine answered. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: string;
}

/** What an engine is asked. */
export interface EngineRequest {
  readonly method: "GET" | "POST";
  /** Without a version of the API in front: the engine's own counts then. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/**
 * One request to a Docker Engine over its socket, pipe or TCP address.
 *
 * @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_LOST, ENGINE_UNSUPPORTED (an address of a kind it cannot speak to), ABORTED
 */
export async function askEngine(address: EngineAddress, request: EngineRequest): Promise<EngineAnswer> {
  const dial = await engineDial(address);
  const { method, path, body, contentType, signal } = request;
  // Of the time of a build that has nothing to do, these modules of Node.js would take a tenth.
  const { request: send } = dial.kind === "tls" ? await import("node:https") : await import("node:http");
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const outgoing = send({ ...requestOptions(dial), method, path, headers, signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
  });
  try {
    // An engine may answer with an error before it has read everything: the answer counts then, not the broken pipe.
    const sent = body === undefined ? outgoing.end() : pipeline(Readable.from(body), outgoing);
    const [response] = await Promise.all([
      answered,
      Promise.resolve(sent).catch((error: unknown) => (isBrokenPipe(error) ? answered : Promise.reject(error))),
    ]);
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return { status: response.statusCode ?? 0, body: text };
  } catch (error) {
    outgoing.destroy();
    // A promise that lost the race must not count as unhandled.
    answered.catch(() => undefined);
    if (signal.aborted) throw abortedError(signal);
    throw engineConnectionError(address.host, error);
  }
}

function isBrokenPipe(error: unknown): boolean {
  return systemCodeOf(error) === "EPIPE" || systemCodeOf(error) === "ECONNRESET";
}

function requestOptions(dial: EngineDial): RequestOptions {
  if (dial.kind === "socket") return { socketPath: dial.path };
  return { hostname: dial.host, port: dial.port, ...(dial.kind === "tls" ? dial.tls : {}) };
}
