import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the target got it. */
export interface TargetRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface ScriptedTarget extends AsyncDisposable {
  readonly address: string;
  /** Requests whose body came to its end. */
  readonly requests: readonly TargetRequest[];
}

/** A server on a free loopback port; `echo` answers with the body that came, 200. */
export async function startScriptedTarget(
  script: (request: TargetRequest, response: ServerResponse) => void = echo,
): Promise<ScriptedTarget> {
  const requests: TargetRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => {});
    incoming.on("end", () => {
      const { headers, method = "", url = "" } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks) };
      requests.push(request);
      script(request, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Holds: a server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function echo({ body }: TargetRequest, response: ServerResponse): void {
  response.setHeader("content-length", body.length);
  response.end(body);
}
