import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { pipeline } from "node:stream";

/** What is served under a path: bytes, or a file of this machine. */
export type ServedFile = string | Uint8Array | { readonly file: string };

/** A server of files on loopback. */
export interface FileServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Paths asked for so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves files over HTTP on a free loopback port; any other path is 404. Containers reach it through `stack.expose`.
 *
 * @param find the file of a path (`/a/b.txt`, decoded), asked anew for each request; `origin` is the address that the client used
 */
export async function serveFiles(find: (path: string, origin: string) => ServedFile | undefined): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    requests.push(url.pathname);
    const found = find(decodeURIComponent(url.pathname), url.origin);
    if (found === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(found === undefined ? 404 : 405).end();
      return;
    }
    const type = url.pathname.endsWith(".json") ? "application/json" : "application/octet-stream";
    if (typeof found === "string" || found instanceof Uint8Array) {
      const bytes = Buffer.from(found);
      response.writeHead(200, { "content-type": type, "content-length": bytes.length });
      response.end(request.method === "HEAD" ? undefined : bytes);
      return;
    }
    stat(found.file).then(
      ({ size }) => {
        response.writeHead(200, { "content-type": type, "content-length": size });
        if (request.method === "HEAD") response.end();
        // A client may end the transfer whenever it likes.
        else pipeline(createReadStream(found.file), response, () => undefined);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as { readonly port: number };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, requests, close, [Symbol.asyncDispose]: close };
}
