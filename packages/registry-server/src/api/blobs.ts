import type { Digest } from "@imagespec/oci";
import { parseByteRange } from "../http/byte-range.ts";
import { etagOf, matchesEtag } from "../http/etag.ts";
import type { Exchange } from "../http/exchange.ts";
import { RegistryFailure } from "../http/registry-failure.ts";
import type { RegistryContext } from "./context.ts";

/** `GET` and `HEAD /v2/<name>/blobs/<digest>`. */
export async function pullBlob(
  exchange: Exchange,
  { blobs }: RegistryContext,
  repository: string,
  digest: Digest,
): Promise<void> {
  const size = await blobs.size(repository, digest);
  if (size === undefined) throw unknownBlob(repository, digest);

  const headers = {
    "Content-Type": "application/octet-stream",
    "Docker-Content-Digest": digest,
    "Accept-Ranges": "bytes",
    ETag: etagOf(digest),
  };
  const ifNoneMatch = exchange.header("If-None-Match");
  if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, digest)) {
    exchange.send(304, headers);
    return;
  }
  const ifRange = exchange.header("If-Range");
  const rangeApplies = exchange.method === "GET" && (ifRange === undefined || matchesEtag(ifRange, digest));
  const range = rangeApplies ? parseByteRange(exchange.header("Range"), size) : undefined;
  if (range === "unsatisfiable") {
    throw new RegistryFailure(
      416,
      { code: "SIZE_INVALID", message: `the range is outside of the blob's ${size} bytes` },
      { "Content-Range": `bytes */${size}` },
    );
  }

  const { start, end } = range ?? { start: 0, end: size };
  const status = range === undefined ? 200 : 206;
  const all = {
    ...headers,
    "Content-Length": end - start,
    ...(range === undefined ? {} : { "Content-Range": `bytes ${start}-${end - 1}/${size}` }),
  };
  if (exchange.method === "HEAD" || start === end) exchange.send(status, all);
  else await exchange.stream(status, all, blobs.open(digest, start, end));
}

/** `DELETE /v2/<name>/blobs/<digest>`. */
export async function deleteBlob(
  exchange: Exchange,
  { blobs, releaseContent }: RegistryContext,
  repository: string,
  digest: Digest,
): Promise<void> {
  if (!(await blobs.remove(repository, digest))) throw unknownBlob(repository, digest);
  await releaseContent();
  exchange.send(202, {});
}

function unknownBlob(repository: string, digest: Digest): RegistryFailure {
  return new RegistryFailure(404, {
    code: "BLOB_UNKNOWN",
    message: `repository "${repository}" does not have this blob`,
    detail: { digest },
  });
}
