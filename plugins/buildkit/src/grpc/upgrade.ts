import { request } from "node:http";
import type { Duplex } from "node:stream";
import { abortedError } from "@imagespec/errors";

/** The daemon (or a proxy on the way) does not turn an HTTP request into a byte stream. */
export class UpgradeRefusedError extends Error {
  override readonly name = "UpgradeRefusedError";
  /** Of HTTP: 404 from what is not a Docker Engine (podman), 403 from filtering proxies. */
  readonly status: number;

  constructor(path: string, status: number, body: string) {
    super(`POST ${path} was answered with HTTP ${status}${body === "" ? "" : `: ${body}`}`);
    this.status = status;
  }
}

const bodyLimit = 500;

/**
 * Turns a connected stream into one that speaks HTTP/2, by `Upgrade: h2c`. The stream is destroyed when that fails.
 *
 * @throws UpgradeRefusedError; the system error when the connection breaks; ABORTED
 */
export function upgrade(
  stream: Duplex,
  path: string,
  headers: Readonly<Record<string, string | readonly string[]>>,
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      signal.removeEventListener("abort", abort);
      stream.on("error", () => undefined);
      stream.destroy();
      reject(error);
    };
    const abort = () => fail(abortedError(signal));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    const lists = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === "string" ? value : [...value],
    ]);
    const outgoing = request({
      createConnection: () => stream,
      method: "POST",
      path,
      headers: { host: "docker", connection: "Upgrade", upgrade: "h2c", ...Object.fromEntries(lists) },
    });
    outgoing.once("upgrade", (_response, upgraded, head) => {
      signal.removeEventListener("abort", abort);
      if (head.length > 0) upgraded.unshift(head);
      resolve(upgraded);
    });
    outgoing.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body = (body + text).slice(0, bodyLimit);
      });
      response.once("close", () => fail(new UpgradeRefusedError(path, response.statusCode ?? 0, body.trim())));
    });
    outgoing.on("error", fail);
    outgoing.end();
  });
}
