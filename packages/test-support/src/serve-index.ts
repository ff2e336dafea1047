import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface IndexFixture {
  readonly filename: string;
  readonly bytes: Uint8Array;
  /** Stated instead of the true one: a corrupted mirror. */
  readonly sha256?: string;
}

export interface IndexServer {
  /** `http://127.0.0.1:PORT/simple` */
  readonly url: string;
  /** Paths asked for so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A package index (simple API in JSON, PEP 691) on a free loopback port, optionally behind a basic login. */
export async function serveIndex(
  files: readonly IndexFixture[],
  options: { readonly login?: string } = {},
): Promise<IndexServer> {
  const requests: string[] = [];
  const projectOf = (filename: string) => (filename.split("-")[0] ?? "").toLowerCase().replace(/[-_.]+/g, "-");
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://index");
    requests.push(url.pathname);
    const expected = options.login === undefined ? undefined : `Basic ${Buffer.from(options.login).toString("base64")}`;
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="index"' }).end();
      return;
    }
    const [, kind, name = ""] = url.pathname.split("/");
    if (kind === "files") {
      const file = files.find(({ filename }) => filename === decodeURIComponent(name));
      if (file === undefined) response.writeHead(404).end();
      else sendFile(file.bytes, request.headers.range, response);
      return;
    }
    const listed = files.filter(({ filename }) => projectOf(filename) === name);
    if (kind !== "simple" || listed.length === 0) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/vnd.pypi.simple.v1+json" }).end(
      JSON.stringify({
        meta: { "api-version": "1.0" },
        name,
        files: listed.map(({ filename, bytes, sha256 }) => ({
          filename,
          url: `/files/${filename}`,
          size: bytes.length,
          hashes: { sha256: sha256 ?? createHash("sha256").update(bytes).digest("hex") },
        })),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/simple`, requests, close, [Symbol.asyncDispose]: close };
}

function sendFile(bytes: Uint8Array, range: string | undefined, response: import("node:http").ServerResponse): void {
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
