import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Digest, ImageSource } from "@imagespec/oci";

/** Reads an OCI layout that skopeo has written, with code of its own. */
export function layoutSource(root: string): ImageSource {
  const file = (digest: Digest) => path.join(root, "blobs", ...digest.split(":"));
  return {
    hasBlob: (digest) => Promise.resolve(existsSync(file(digest))),
    openBlob: ({ digest }) => Promise.resolve(createReadStream(file(digest))),
    async readManifest({ digest, tag }) {
      const index = JSON.parse(await readFile(path.join(root, "index.json"), "utf8"));
      const named = index.manifests.find(
        (entry: { annotations?: Record<string, string> }) =>
          entry.annotations?.["org.opencontainers.image.ref.name"] === tag,
      );
      const wanted: Digest = digest ?? named.digest;
      if (!existsSync(file(wanted))) return undefined;
      const bytes = await readFile(file(wanted));
      const { mediaType } = JSON.parse(bytes.toString());
      return { descriptor: { mediaType, digest: wanted, size: bytes.length }, bytes };
    },
  };
}
