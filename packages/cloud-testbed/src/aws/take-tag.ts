import { randomUUID } from "node:crypto";
import { digestOf, type RegistryReader } from "../shared/registry-reader.ts";

/** Puts an image of one random label under a tag, past all rules. @returns its digest */
export async function putOtherImage(
  registry: RegistryReader,
  url: string,
  repository: string,
  tag: string,
): Promise<string> {
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: { Labels: { id: randomUUID() } },
    rootfs: { type: "layers", diff_ids: [] },
  });
  const digest = digestOf(config);
  const opened = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const target = new URL(opened.headers.get("location") ?? "", url);
  target.searchParams.set("digest", digest);
  await fetch(target, { method: "PUT", body: config, headers: { "content-type": "application/octet-stream" } });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length },
    layers: [],
  });
  const refused = await registry.putManifest(repository, tag, mediaType, manifest);
  if (refused !== undefined) throw new TypeError(`the registry refused an image: ${refused}`);
  return digestOf(manifest);
}
