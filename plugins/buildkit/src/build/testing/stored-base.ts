import type { BaseImage } from "@imagespec/core";
import { digestOf, encodeConfig, encodeManifest, mediaTypes, type StoredManifest } from "@imagespec/oci";
import { RegistryClient, type Repository } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";

/** A small image in a registry of its own, on loopback. */
export interface StoredBase extends AsyncDisposable {
  readonly client: RegistryClient;
  readonly registry: string;
  readonly repository: Repository;
  readonly manifest: StoredManifest;
  readonly layer: { readonly mediaType: string; readonly digest: ReturnType<typeof digestOf>; readonly size: number };
  readonly bytes: Uint8Array;
  /** As the engine gives it to a builder, with the name of a registry that it may have come from. */
  asBase(registry: string | undefined): BaseImage;
}

export async function storedBase(): Promise<StoredBase> {
  const server = await startRegistryServer();
  const client = new RegistryClient({
    credentials: async () => ({ kind: "anonymous" }),
    proxy: {},
    retry: { attempts: 1 },
  });
  const repository = client.repository({ registry: server.address, repository: "acme/base" });
  const bytes = Buffer.alloc(300_000, "layer ");
  const layer = { mediaType: mediaTypes.ociLayer, digest: digestOf(bytes), size: bytes.length };
  const config = encodeConfig({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  for (const [descriptor, content] of [
    [layer, bytes],
    [config.descriptor, config.bytes],
  ] as const) {
    await repository.writeBlob(descriptor, async function* () {
      yield content;
    });
  }
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [layer],
  });
  await repository.writeManifest(manifest.bytes, mediaTypes.ociManifest);
  return {
    client,
    registry: server.address,
    repository,
    manifest,
    layer,
    bytes,
    asBase: (registry) => ({
      source: repository,
      manifest: manifest.descriptor,
      repository: registry === undefined ? undefined : { registry, repository: "acme/base" },
      reference: `${registry ?? "local"}/acme/base:1`,
    }),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}
