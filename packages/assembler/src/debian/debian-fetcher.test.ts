import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createDebianFetcher } from "./debian-fetcher.ts";

const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
let close: (() => void) | undefined;
afterEach(() => close?.());

async function serve(
  handler: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => handler(request, response, ++count));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

const fetcher = createDebianFetcher({ attempts: 3, minDelayMs: 1, timeoutMs: 2000 });

async function read(url: string, options: { maxSize?: number; signal?: AbortSignal } = {}): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await fetcher(url, { maxSize: 1e6, ...options })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("createDebianFetcher", () => {
  it("tries again after an error of the server", async () => {
    const url = await serve((_, response, count) => {
      response.statusCode = count < 3 ? 503 : 200;
      response.end(content);
    });
    expect((await read(url)).equals(content)).toBe(true);
  });

  it("gives up after its attempts", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(500).end();
    });
    await expect(read(url)).rejects.toMatchObject({ code: "INDEX_DOWN", details: { status: 500 } });
    expect(requests).toBe(3);
  });

  it.each([true, false])("continues a body that broke off (server knows ranges: %s)", async (ranges) => {
    const url = await serve((request, response, count) => {
      if (count === 1) {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 40_000), () => response.destroy());
        return;
      }
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
      if (ranges) response.writeHead(206).end(content.subarray(start));
      else response.writeHead(200).end(content);
    });
    expect((await read(url)).equals(content)).toBe(true);
  });

  it("tells absence at once, with the status", async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(404).end();
    });
    await expect(read(url)).rejects.toMatchObject({ code: "INDEX_PROTOCOL", details: { status: 404, url } });
    expect(requests).toBe(1);
  });

  it("follows redirects", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/file") response.writeHead(302, { location: "/other" }).end();
      else response.end("other");
    });
    expect((await read(url)).toString()).toBe("other");
  });

  it("stops at the size limit", async () => {
    const url = await serve((_, response) => response.end(content));
    await expect(read(url, { maxSize: 1000 })).rejects.toMatchObject({ code: "INDEX_PROTOCOL" });
  });

  it("names the cause when nobody answers", async () => {
    const url = await serve(() => {});
    close?.();
    await expect(read(url)).rejects.toMatchObject({ code: "INDEX_DOWN", details: { code: "ECONNREFUSED" } });
  });

  it("stops when it is aborted, also while it waits", async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const patient = createDebianFetcher({ attempts: 9, minDelayMs: 10_000 });
    const signal = AbortSignal.timeout(50);
    await expect(patient(url, { maxSize: 1, signal })).rejects.toMatchObject({ code: "ABORTED" });
  });
});
