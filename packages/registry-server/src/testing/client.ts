import { type Digest, digestOf, encodeConfig, encodeManifest, mediaTypes } from "@imagespec/oci";

/** What tests push. */
export interface TestImage {
  readonly manifest: Uint8Array;
  readonly digest: Digest;
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/** A small image whose layers have these texts. */
export function createTestImage(...layers: readonly string[]): TestImage {
  const blobs = new Map<Digest, Uint8Array>(layers.map((text) => [digestOf(text), new TextEncoder().encode(text)]));
  const descriptors = [...blobs].map(([digest, bytes]) => ({
    mediaType: mediaTypes.ociLayer,
    digest,
    size: bytes.length,
  }));
  const config = encodeConfig({
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [...blobs.keys()] },
  });
  blobs.set(config.descriptor.digest, config.bytes);
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: descriptors,
  });
  return { manifest: manifest.bytes, digest: manifest.descriptor.digest, blobs };
}

/** Pushes a blob in one request. */
export async function pushBlob(
  repository: string,
  content: Uint8Array | string,
  init: RequestInit = {},
): Promise<Digest> {
  const digest = digestOf(content);
  const response = await fetch(`${repository}/blobs/uploads/?digest=${digest}`, {
    ...init,
    method: "POST",
    body: content,
  });
  await requireStatus(response, 201);
  return digest;
}

/**
 * Pushes an image under a tag or its digest.
 *
 * @param repository URL up to the repository's name: `http://127.0.0.1:5000/v2/acme/train`
 */
export async function pushImage(repository: string, image: TestImage, tag: string = image.digest): Promise<void> {
  for (const bytes of image.blobs.values()) await pushBlob(repository, bytes);
  await requireStatus(await putManifest(repository, tag, image.manifest), 201);
}

export async function putManifest(
  repository: string,
  reference: string,
  manifest: Uint8Array | string,
  headers: Readonly<Record<string, string>> = { "Content-Type": mediaTypes.ociManifest },
): Promise<Response> {
  return fetch(`${repository}/manifests/${reference}`, { method: "PUT", body: manifest, headers });
}

/** The codes of an error body. */
export async function errorCodes(response: Response): Promise<readonly string[]> {
  // Holds: every error of the registry has the body of the specification.
  const body = (await response.json()) as { readonly errors: readonly { readonly code: string }[] };
  return body.errors.map(({ code }) => code);
}

async function requireStatus(response: Response, status: number): Promise<void> {
  if (response.status !== status) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}
