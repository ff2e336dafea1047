import { type Digest, digestAlgorithm, isRepository } from "@imagespec/oci";
import { type ByteRange, parseContentRange } from "../http/byte-range.ts";
import { etagOf } from "../http/etag.ts";
import type { Exchange } from "../http/exchange.ts";
import { RegistryFailure } from "../http/registry-failure.ts";
import type { RegistryContext } from "./context.ts";
import { digestParameter } from "./digest-parameter.ts";

/** `POST /v2/<name>/blobs/uploads/`: starts an upload, takes a whole blob (`digest`) or mounts one (`mount`, `from`). */
export async function startUpload(exchange: Exchange, context: RegistryContext, repository: string): Promise<void> {
  const { blobs, uploads } = context;
  const mount = exchange.query.get("mount");
  if (mount !== null) {
    const digest = digestParameter(mount);
    if (await blobs.mount(repository, digest, mountSource(exchange))) {
      sendCreated(exchange, repository, digest);
      return;
    }
  }

  const whole = exchange.query.get("digest");
  const digest = whole === null ? undefined : digestParameter(whole);
  const id = await uploads.create(repository, digest ? digestAlgorithm(digest) : algorithmParameter(exchange));
  if (digest === undefined) {
    sendAccepted(exchange, 202, repository, id, 0);
    return;
  }
  try {
    await receive(exchange, context, repository, id, undefined);
    await finish(exchange, context, repository, id, digest);
  } catch (error) {
    // Nobody knows the id, so nobody could go on with it.
    await uploads.cancel(repository, id);
    throw error;
  }
}

/** `PATCH <upload>`: appends a chunk, or a stream of unknown length. */
export async function appendToUpload(
  exchange: Exchange,
  context: RegistryContext,
  repository: string,
  id: string,
): Promise<void> {
  const size = await receive(exchange, context, repository, id, contentRange(exchange));
  sendAccepted(exchange, 202, repository, id, size);
}

/** `PUT <upload>?digest=`: appends what the request carries and makes the upload a blob. */
export async function finishUpload(
  exchange: Exchange,
  context: RegistryContext,
  repository: string,
  id: string,
): Promise<void> {
  const text = exchange.query.get("digest");
  if (text === null) {
    throw new RegistryFailure(400, { code: "DIGEST_INVALID", message: 'the parameter "digest" is missing' });
  }
  const digest = digestParameter(text);
  await receive(exchange, context, repository, id, contentRange(exchange));
  await finish(exchange, context, repository, id, digest);
}

/** `GET <upload>`: how far it has come. */
export async function describeUpload(
  exchange: Exchange,
  { uploads }: RegistryContext,
  repository: string,
  id: string,
): Promise<void> {
  const size = await uploads.size(repository, id);
  if (size === undefined) throw unknownUpload(repository, id);
  sendAccepted(exchange, 204, repository, id, size);
}

/** `DELETE <upload>`. */
export async function cancelUpload(
  exchange: Exchange,
  { uploads }: RegistryContext,
  repository: string,
  id: string,
): Promise<void> {
  if (!(await uploads.cancel(repository, id))) throw unknownUpload(repository, id);
  exchange.send(204, {});
}

/** The repository that a blob is to be mounted from; what is not a name is as if there were none. */
export function mountSource(exchange: Exchange): string | undefined {
  const from = exchange.query.get("from");
  return from !== null && isRepository(from) ? from : undefined;
}

async function receive(
  exchange: Exchange,
  { uploads }: RegistryContext,
  repository: string,
  id: string,
  range: ByteRange | undefined,
): Promise<number> {
  const writer = { chunks: exchange.body(), abort: exchange.abort };
  const appended = await uploads.append(repository, id, writer, range?.start);
  if (appended === undefined) throw unknownUpload(repository, id);
  if (!appended.accepted) {
    throw new RegistryFailure(
      416,
      {
        code: "BLOB_UPLOAD_INVALID",
        message: `the upload goes on at byte ${appended.size}, not ${range?.start}`,
      },
      uploadHeaders(repository, id, appended.size),
    );
  }
  if (range !== undefined && appended.size !== range.end) {
    await uploads.truncate(repository, id, range.start);
    throw new RegistryFailure(400, {
      code: "SIZE_INVALID",
      message: `${appended.size - range.start} bytes came for a range of ${range.end - range.start}`,
    });
  }
  return appended.size;
}

async function finish(
  exchange: Exchange,
  { uploads }: RegistryContext,
  repository: string,
  id: string,
  digest: Digest,
): Promise<void> {
  const committed = await uploads.commit(repository, id, digest);
  if (committed === undefined) throw unknownUpload(repository, id);
  if (!committed) {
    throw new RegistryFailure(400, {
      code: "DIGEST_INVALID",
      message: "the content that came has another digest",
      detail: { digest },
    });
  }
  sendCreated(exchange, repository, digest);
}

function sendCreated(exchange: Exchange, repository: string, digest: Digest): void {
  exchange.send(201, {
    Location: `/v2/${repository}/blobs/${digest}`,
    "Docker-Content-Digest": digest,
    ETag: etagOf(digest),
  });
}

function sendAccepted(exchange: Exchange, status: 202 | 204, repository: string, id: string, size: number): void {
  exchange.send(status, uploadHeaders(repository, id, size));
}

function uploadHeaders(repository: string, id: string, size: number): Readonly<Record<string, string>> {
  return {
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    // An inclusive range cannot say "nothing"; registries answer 0-0.
    Range: `0-${Math.max(size - 1, 0)}`,
    "Docker-Upload-UUID": id,
  };
}

function contentRange(exchange: Exchange): ByteRange | undefined {
  const header = exchange.header("Content-Range");
  if (header === undefined) return undefined;
  const range = parseContentRange(header);
  if (range === undefined) {
    throw new RegistryFailure(400, {
      code: "BLOB_UPLOAD_INVALID",
      message: `the content range "${header}" is not of the form "0-1023"`,
    });
  }
  if (exchange.contentLength !== undefined && exchange.contentLength !== range.end - range.start) {
    throw new RegistryFailure(400, {
      code: "SIZE_INVALID",
      message: `the content length ${exchange.contentLength} is not that of the range "${header}"`,
    });
  }
  return range;
}

function algorithmParameter(exchange: Exchange): "sha256" | "sha512" {
  const algorithm = exchange.query.get("digest-algorithm") ?? "sha256";
  if (algorithm === "sha256" || algorithm === "sha512") return algorithm;
  throw new RegistryFailure(400, {
    code: "DIGEST_INVALID",
    message: `the digest algorithm "${algorithm}" is neither sha256 nor sha512`,
  });
}

function unknownUpload(repository: string, id: string): RegistryFailure {
  return new RegistryFailure(404, {
    code: "BLOB_UPLOAD_UNKNOWN",
    message: `repository "${repository}" has no upload "${id}"`,
  });
}
