import { type Digest, mediaTypes } from "@imagespec/oci";
import type { Exchange } from "../http/exchange.ts";
import { RegistryFailure } from "../http/registry-failure.ts";
import { readManifestContent } from "../manifest/manifest-content.ts";
import type { RegistryContext } from "./context.ts";

/** `GET /v2/<name>/tags/list`, with `n` and `last`. */
export async function listTags(exchange: Exchange, { manifests }: RegistryContext, repository: string): Promise<void> {
  if (!(await manifests.hasRepository(repository))) {
    throw new RegistryFailure(404, { code: "NAME_UNKNOWN", message: `there is no repository "${repository}"` });
  }
  const { items, link } = page(exchange, await manifests.tags(repository), `/v2/${repository}/tags/list`);
  sendJson(exchange, link, { name: repository, tags: items });
}

/** `GET /v2/_catalog`, with `n` and `last`. */
export async function listRepositories(exchange: Exchange, { manifests }: RegistryContext): Promise<void> {
  const { items, link } = page(exchange, await manifests.repositories(), "/v2/_catalog");
  sendJson(exchange, link, { repositories: items });
}

/** `GET /v2/<name>/referrers/<digest>`, with `artifactType`. */
export async function listReferrers(
  exchange: Exchange,
  { manifests }: RegistryContext,
  repository: string,
  subject: Digest,
): Promise<void> {
  const wanted = exchange.query.get("artifactType");
  const descriptors: object[] = [];
  for (const digest of await manifests.referrers(repository, subject)) {
    const stored = await manifests.read(repository, digest);
    if (stored === undefined) continue;
    const { artifactType, annotations } = readManifestContent(stored.bytes, stored.mediaType);
    if (wanted !== null && wanted !== artifactType) continue;
    descriptors.push({
      mediaType: stored.mediaType,
      digest,
      size: stored.bytes.length,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    });
  }
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: descriptors };
  exchange.send(
    200,
    { "Content-Type": mediaTypes.ociIndex, ...(wanted === null ? {} : { "OCI-Filters-Applied": "artifactType" }) },
    Buffer.from(JSON.stringify(index)),
  );
}

interface Page {
  readonly items: readonly string[];
  /** RFC 8288, to the next page. */
  readonly link: string | undefined;
}

function page(exchange: Exchange, all: readonly string[], path: string): Page {
  const last = exchange.query.get("last");
  const limit = exchange.query.get("n");
  if (limit !== null && !/^\d+$/.test(limit)) {
    throw new RegistryFailure(400, {
      code: "UNSUPPORTED",
      message: `the parameter "n" is "${limit}", which is not a number`,
    });
  }
  const rest = last === null ? all : all.filter((item) => item > last);
  if (limit === null) return { items: rest, link: undefined };
  const items = rest.slice(0, Number(limit));
  const next = items.at(-1);
  if (next === undefined || items.length === rest.length) return { items, link: undefined };
  const query = new URLSearchParams({ last: next, n: limit });
  return { items, link: `<${path}?${query}>; rel="next"` };
}

function sendJson(exchange: Exchange, link: string | undefined, body: object): void {
  exchange.send(
    200,
    { "Content-Type": "application/json", ...(link === undefined ? {} : { Link: link }) },
    Buffer.from(JSON.stringify(body)),
  );
}
