import { ImageSpecError } from "@imagespec/errors";
import { type Descriptor, maxManifestSize } from "@imagespec/oci";
import type { OperationOptions } from "../registry-client-options.ts";
import type { RepositoryContext } from "../repository-context.ts";
import { downloadBlob } from "./download-blob.ts";

/** The bytes of a small blob. @throws REGISTRY_NOT_FOUND, DIGEST_MISMATCH, REGISTRY_PROTOCOL when larger than the limit */
export async function readBlob(
  context: RepositoryContext,
  descriptor: Pick<Descriptor, "digest" | "size">,
  options: OperationOptions & { readonly maxSize?: number | undefined },
): Promise<Uint8Array> {
  const { maxSize = maxManifestSize } = options;
  if (descriptor.size > maxSize) {
    throw new ImageSpecError(
      "REGISTRY_PROTOCOL",
      `blob "${descriptor.digest}" has ${descriptor.size} bytes, more than the ${maxSize} allowed here`,
      {
        hint: "check that the digest is the one of a config, or raise the limit",
        details: { registry: context.registry, repository: context.repository },
      },
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await downloadBlob(context, descriptor, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
