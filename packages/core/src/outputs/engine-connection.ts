import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestOptions } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { abortedError, ImageSpecError, systemCodeOf } from "@imagespec/errors";
import type { EngineAddress } from "./detect.ts";

/** What an engine answered. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: string;
}

interface EngineRequest {
  readonly method: "GET" | "POST";
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
  const target = await targetOf(address);
  const { method, path, body, contentType, signal } = request;
  // Of the time of a build that has nothing to do, these modules of Node.js would take a tenth.
  const { request: send } = target.isSecure ? await import("node:https") : await import("node:http");
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const outgoing = send({ ...target.options, method, path, headers, signal });
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
    throw connectionError(address.host, error);
  }
}

function isBrokenPipe(error: unknown): boolean {
  return systemCodeOf(error) === "EPIPE" || systemCodeOf(error) === "ECONNRESET";
}

async function targetOf(
  address: EngineAddress,
): Promise<{ readonly options: RequestOptions; readonly isSecure: boolean }> {
  const { host, certificates } = address;
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
  if (socket !== undefined) return { options: { socketPath: socket }, isSecure: false };
  const tcp = /^(tcp|https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(host);
  if (tcp === null) {
    throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine address "${host}" is of a kind that cannot be used`, {
      hint: "give unix:///path, tcp://host:port or npipe:////./pipe/name, or forward the socket: ssh -L /tmp/docker.sock:/var/run/docker.sock HOST",
      details: { host },
    });
  }
  const [, scheme, name = "", port] = tcp;
  const isSecure = certificates !== undefined || scheme === "https";
  const tls =
    certificates === undefined
      ? {}
      : {
          ca: await readFile(join(certificates, "ca.pem")),
          cert: await readFile(join(certificates, "cert.pem")),
          key: await readFile(join(certificates, "key.pem")),
        };
  const hostname = name.replace(/^\[|\]$/g, "");
  return { options: { hostname, port: Number(port ?? (isSecure ? 2376 : 2375)), ...tls }, isSecure };
}

function connectionError(host: string, cause: unknown): unknown {
  const code = systemCodeOf(cause);
  if (code === "EACCES" || code === "EPERM") {
    return new ImageSpecError("ENGINE_PERMISSION", `the engine's socket "${host}" may not be opened`, {
      hint: "add your user to the group that owns the socket (docker), or write an image with output docker-archive instead",
      cause,
      details: { host, code },
    });
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return new ImageSpecError("ENGINE_LOST", `the connection to the engine at "${host}" broke`, {
      hint: "look at the engine's own log; it may have run out of memory or disk",
      cause,
      details: { host, code },
    });
  }
  // Errors of our own (what a stream read for the body met) keep their code.
  if (code === undefined) return cause;
  return new ImageSpecError("ENGINE_DOWN", `no container engine answers at "${host}"`, {
    hint: "start the engine, or set DOCKER_HOST; without one, use the local image store or a docker archive as output",
    cause,
    details: { host, code },
  });
}
