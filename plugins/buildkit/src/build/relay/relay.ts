import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { messageOf } from "@imagespec/errors";
import { type Digest, isDigest, type StoredManifest } from "@imagespec/oci";

/** What a relay hands out. */
export interface RelaySource {
  readManifest(reference: string): Promise<StoredManifest | undefined>;
  /** Bytes of a blob that is there, wherever it is. */
  blobSize(digest: Digest): Promise<number | undefined>;
  openBlob(digest: Digest, size: number): Promise<AsyncIterable<Uint8Array>>;
}

/** What a relay takes in. */
export interface RelayTarget {
  /** A blob as it arrives, in one or several parts. */
  startUpload(): Promise<RelayUpload>;
  writeManifest(reference: string, bytes: Uint8Array, mediaType: string): Promise<Digest>;
}

export interface RelayUpload {
  readonly size: number;
  append(content: AsyncIterable<Uint8Array>): Promise<void>;
  /** @throws DIGEST_MISMATCH */
  finish(digest: Digest): Promise<void>;
  discard(): Promise<void>;
}

/** A registry of one repository on loopback, for a daemon on this machine, for the length of a build. */
export interface Relay extends AsyncDisposable {
  /** `127.0.0.1:41234/imagespec/9f…`: nobody can guess the repository, and there is no other. */
  readonly name: string;
}

const maxManifestSize = 4 * 1024 * 1024;

/** Starts a relay. With a target it also takes pushes. */
export async function startRelay(source: RelaySource, target?: RelayTarget): Promise<Relay> {
  const repository = `imagespec/${randomBytes(12).toString("hex")}`;
  const handler = new RelayHandler(repository, source, target);
  const server = createServer((request, response) => void handler.answer(request, response));
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Holds: a server that listens on a port has one.
  const { port } = server.address() as AddressInfo;
  return {
    name: `127.0.0.1:${port}/${repository}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await handler.close();
    },
  };
}

class RelayHandler {
  readonly #prefix: string;
  readonly #source: RelaySource;
  readonly #target: RelayTarget | undefined;
  readonly #uploads = new Map<string, RelayUpload>();

  constructor(repository: string, source: RelaySource, target: RelayTarget | undefined) {
    this.#prefix = `/v2/${repository}/`;
    this.#source = source;
    this.#target = target;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#dispatch(request, response);
    } catch (error) {
      // The daemon shows the message as its own error; one that left sees nothing.
      if (response.headersSent) response.destroy();
      else send(response, 500, { errors: [{ code: "UNKNOWN", message: messageOf(error) }] });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#uploads.values()].map((upload) => upload.discard()));
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://relay");
    if (url.pathname === "/v2/" || url.pathname === "/v2") return send(response, 200, {});
    if (!url.pathname.startsWith(this.#prefix)) return notFound(response, "NAME_UNKNOWN");
    const [kind = "", reference = "", id = ""] = url.pathname.slice(this.#prefix.length).split("/");
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (kind === "manifests" && isRead) return this.#sendManifest(request, response, reference);
    if (kind === "blobs" && isRead && isDigest(reference)) return this.#sendBlob(request, response, reference);
    if (this.#target === undefined) return notFound(response, "UNSUPPORTED", 405);
    if (kind === "manifests" && request.method === "PUT")
      return this.#takeManifest(this.#target, request, response, reference);
    if (kind === "blobs" && reference === "uploads")
      return this.#upload(this.#target, request, response, { id, parameters: url.searchParams });
    return notFound(response, "UNSUPPORTED");
  }

  async #sendManifest(request: IncomingMessage, response: ServerResponse, reference: string): Promise<void> {
    const found = await this.#source.readManifest(reference);
    if (found === undefined) return notFound(response, "MANIFEST_UNKNOWN");
    const { mediaType, digest } = found.descriptor;
    response.writeHead(200, {
      "Content-Type": mediaType,
      "Content-Length": found.bytes.length,
      "Docker-Content-Digest": digest,
    });
    response.end(request.method === "HEAD" ? undefined : found.bytes);
  }

  async #sendBlob(request: IncomingMessage, response: ServerResponse, digest: Digest): Promise<void> {
    const size = await this.#source.blobSize(digest);
    if (size === undefined) return notFound(response, "BLOB_UNKNOWN");
    const headers = {
      "Content-Type": "application/octet-stream",
      "Content-Length": size,
      "Docker-Content-Digest": digest,
    };
    if (request.method === "HEAD") {
      response.writeHead(200, headers).end();
      return;
    }
    const content = await this.#source.openBlob(digest, size);
    response.writeHead(200, headers);
    await pipeline(content, response);
  }

  async #takeManifest(
    target: RelayTarget,
    request: IncomingMessage,
    response: ServerResponse,
    reference: string,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      // A request without an encoding yields buffers.
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > maxManifestSize) return notFound(response, "SIZE_INVALID", 413);
      chunks.push(bytes);
    }
    const mediaType = request.headers["content-type"] ?? "";
    const digest = await target.writeManifest(reference, Buffer.concat(chunks), mediaType);
    response.writeHead(201, { Location: `${this.#prefix}manifests/${digest}`, "Docker-Content-Digest": digest }).end();
  }

  async #upload(
    target: RelayTarget,
    request: IncomingMessage,
    response: ServerResponse,
    { id, parameters }: { readonly id: string; readonly parameters: URLSearchParams },
  ): Promise<void> {
    if (request.method === "POST") return this.#startUpload(target, response, parameters.get("mount"));
    const upload = this.#uploads.get(id);
    if (upload === undefined) return notFound(response, "BLOB_UPLOAD_UNKNOWN");
    if (request.method === "DELETE") {
      this.#uploads.delete(id);
      await upload.discard();
      response.writeHead(204).end();
      return;
    }
    if (request.method === "PATCH") {
      await upload.append(request);
      return this.#describeUpload(response, 202, id, upload);
    }
    if (request.method !== "PUT") return this.#describeUpload(response, 204, id, upload);
    const digest = parameters.get("digest");
    if (!isDigest(digest)) return notFound(response, "DIGEST_INVALID", 400);
    await upload.append(request);
    this.#uploads.delete(id);
    await upload.finish(digest);
    this.#created(response, digest);
  }

  async #startUpload(target: RelayTarget, response: ServerResponse, mount: string | null): Promise<void> {
    if (isDigest(mount) && (await this.#source.blobSize(mount)) !== undefined) return this.#created(response, mount);
    const upload = await target.startUpload();
    const id = randomBytes(16).toString("hex");
    this.#uploads.set(id, upload);
    this.#describeUpload(response, 202, id, upload);
  }

  #describeUpload(response: ServerResponse, status: number, id: string, upload: RelayUpload): void {
    response
      .writeHead(status, {
        Location: `${this.#prefix}blobs/uploads/${id}`,
        Range: `0-${Math.max(0, upload.size - 1)}`,
        "Docker-Upload-UUID": id,
        "Content-Length": 0,
      })
      .end();
  }

  #created(response: ServerResponse, digest: Digest): void {
    const headers = {
      Location: `${this.#prefix}blobs/${digest}`,
      "Docker-Content-Digest": digest,
      "Content-Length": 0,
    };
    response.writeHead(201, headers).end();
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Docker-Distribution-Api-Version": "registry/2.0",
  });
  response.end(text);
}

function notFound(response: ServerResponse, code: string, status = 404): void {
  send(response, status, { errors: [{ code, message: code.toLowerCase().replaceAll("_", " ") }] });
}
