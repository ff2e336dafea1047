import { request } from "node:http";

/**
 * One HTTP request to a daemon of the stack.
 *
 * @param {{ socketPath?: string, host?: string, port?: number, method?: string, path: string,
 *   headers?: Record<string, string | number>, body?: Uint8Array, timeoutMs?: number }} options
 * @returns {Promise<{ status: number, headers: import("node:http").IncomingHttpHeaders, body: Buffer }>}
 */
export function ask(options) {
  const { body, timeoutMs = 120_000, ...rest } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({ method: "GET", agent: false, ...rest }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer to ${rest.path} in ${timeoutMs} ms`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Whether a daemon answers 200 here; one that is not there yet answers no. */
export async function answers(options) {
  try {
    return (await ask({ timeoutMs: 5_000, ...options })).status === 200;
  } catch {
    return false;
  }
}
