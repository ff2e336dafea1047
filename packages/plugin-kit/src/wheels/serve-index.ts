import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface IndexFixture {
  readonly filename: string;
  readonly bytes: Uint8Array;
  /** Stated instead of the true one: a corrupted mirror. */
  readonly sha256?: string;
}

export interface IndexServerOptions {
  /** `user:password`, asked for by every request. @default everybody may read */
  readonly login?: string;
  /** Address to listen on; `0.0.0.0` for clients in containers. @default "127.0.0.1" */
  readonly host?: string;
  /** Name or address by which clients reach it. @default the host */
  readonly hostname?: string;
  /** Awaited before a request is answered; `gone` is triggered when the client leaves before that. It must not throw. */
  readonly onRequest?: (path: string, gone: AbortSignal) => Promise<void> | void;
  /** Does not keep the process alive. @default false */
  readonly unref?: boolean;
}

export interface IndexServer {
  /** `http://127.0.0.1:PORT/simple` */
  readonly url: string;
  /** Paths asked for so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A package index (simple API in JSON, PEP 691) on a free port. Files that are added to the list later are served too. */
export async function serveIndex(
  files: readonly IndexFixture[],
  options: IndexServerOptions = {},
): Promise<IndexServer> {
  const { host = "127.0.0.1", hostname = host, login, onRequest } = options;
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://index");
    requests.push(pathname);
    if (onRequest !== undefined) {
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      await onRequest(pathname, gone.signal);
      if (gone.signal.aborted) return;
    }
    const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="index"' }).end();
      return;
    }
    const [, kind, name = ""] = pathname.split("/");
    if (kind === "files") {
      const file = files.find(({ filename }) => filename === decodeURIComponent(name));
      if (file === undefined) response.writeHead(404).end();
      else sendFile(file.bytes, request.headers.range, response);
      return;
    }
    const listed = files.filter(({ filename }) => projectOf(filename) === name);
    if (kind !== "simple" || listed.length === 0) response.writeHead(404).end();
    else sendProject(name, listed, response);
  });
  if (options.unref === true) server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  // Holds: a server that listens on a port has one.
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${hostname}:${port}/simple`, requests, close, [Symbol.asyncDispose]: close };
}

function projectOf(filename: string): string {
  return (filename.split("-")[0] ?? "").toLowerCase().replace(/[-_.]+/g, "-");
}

function sendProject(name: string, files: readonly IndexFixture[], response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/vnd.pypi.simple.v1+json" }).end(
    JSON.stringify({
      meta: { "api-version": "1.0" },
      name,
      files: files.map(({ filename, bytes, sha256 }) => ({
        filename,
        url: `/files/${filename}`,
        size: bytes.length,
        hashes: { sha256: sha256 ?? createHash("sha256").update(bytes).digest("hex") },
      })),
    }),
  );
}

function sendFile(bytes: Uint8Array, range: string | undefined, response: ServerResponse): void {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
  const headers = { "content-type": "application/octet-stream", "accept-ranges": "bytes" };
  if (match === null) {
    response.writeHead(200, { ...headers, "content-length": bytes.length }).end(bytes);
    return;
  }
  const start = match[1] === "" ? bytes.length - Number(match[2]) : Number(match[1]);
  const end = match[1] !== "" && match[2] !== "" ? Number(match[2]) : bytes.length - 1;
  const part = bytes.subarray(start, end + 1);
  response
    .writeHead(206, {
      ...headers,
      "content-length": part.length,
      "content-range": `bytes ${start}-${start + part.length - 1}/${bytes.length}`,
    })
    .end(part);
}
