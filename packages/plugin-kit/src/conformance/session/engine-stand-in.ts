import { createWriteStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { messageOf } from "@imagespec/errors";
import { readDockerArchive } from "@imagespec/image-store";
import { formatImageReference, parseImageReference } from "@imagespec/oci";
import { temporaryFolder } from "../../disk/temporary-folder.ts";

/** Takes images as a Docker Engine does, and runs nothing. */
export interface EngineStandIn extends AsyncDisposable {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  /** Names of the images that were loaded. */
  names(): readonly string[];
}

/** Starts an engine that answers a ping, reads the archives that it is sent, and says what it has. */
export async function startEngineStandIn(): Promise<EngineStandIn> {
  const folder = await temporaryFolder();
  const images = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://engine");
    const name = /\/images\/(.+)\/json$/.exec(pathname)?.[1];
    if (request.method === "POST" && pathname.endsWith("/images/load")) {
      const file = folder.join(`${images.size}.tar`);
      try {
        await pipeline(request, createWriteStream(file));
        await using archive = await readDockerArchive(file);
        for (const entry of await archive.list()) images.set(canonical(entry.name ?? ""), entry.descriptor.digest);
        response.writeHead(200, { "content-type": "application/json" }).end('{"stream":"Loaded image"}\n');
      } catch (error) {
        // As the real one: status 200 was sent before the archive was read.
        response.writeHead(200).end(`${JSON.stringify({ error: messageOf(error) })}\n`);
      }
    } else if (name !== undefined) {
      const id = images.get(canonical(decodeURI(name)));
      if (id === undefined) response.writeHead(404).end('{"message":"no such image"}');
      else response.writeHead(200).end(JSON.stringify({ Id: id }));
    } else if (pathname.endsWith("/_ping")) response.writeHead(200).end("OK");
    else response.writeHead(404).end('{"message":"page not found"}');
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Holds: a server that listens on a port has one.
  const { port } = server.address() as AddressInfo;
  return {
    host: `tcp://127.0.0.1:${port}`,
    names: () => [...images.keys()],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await folder[Symbol.asyncDispose]();
    },
  };
}

function canonical(name: string): string {
  return formatImageReference(parseImageReference(name));
}
