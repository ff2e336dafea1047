import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A Docker Engine that knows no image and takes every archive. */
export interface PretendedEngine extends AsyncDisposable {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
}

export async function startPretendedEngine(): Promise<PretendedEngine> {
  const server = createServer(async (request, response) => {
    for await (const _ of request) {
      // An engine answers when it has read all.
    }
    const path = (request.url ?? "").replace(/^\/v[\d.]+/, "");
    const send = (status: number, body: unknown): unknown =>
      response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
    if (path.startsWith("/images/load")) send(200, { stream: "Loaded image\n" });
    else if (path.startsWith("/images/")) send(404, { message: "No such image" });
    else
      send(200, {
        ApiVersion: "1.51",
        Version: "28.5.1",
        OSType: "linux",
        Architecture: "x86_64",
        Os: "linux",
        Arch: "amd64",
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Holds: it listens on TCP.
  const { port } = server.address() as AddressInfo;
  return {
    host: `tcp://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
