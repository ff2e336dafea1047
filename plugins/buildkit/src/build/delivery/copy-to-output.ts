import { ImageSpecError } from "@imagespec/errors";
import type { Digest, ImageSource, StoredManifest } from "@imagespec/oci";
import { copyImage } from "@imagespec/registry-client";
import type { DeliveryJob } from "./delivery-job.ts";

/** Writes an image to the output by this machine's own client: only what the output does not have. */
export async function copyToOutput(
  { session: { steps }, request, base }: DeliveryJob,
  source: ImageSource,
  digest: Digest,
): Promise<{ readonly image: StoredManifest; readonly uploaded: number }> {
  const { output, sink, emit, signal } = request;
  const isNear = output.kind === "registry" && base?.image.repository?.registry === output.registry;
  const mountFrom = isNear && base?.image.repository !== undefined ? [base.image.repository.repository] : [];
  const name = output.kind === "registry" ? "push" : "store";
  return steps.run(name, undefined, async (notes) => {
    const image = await source.readManifest({ digest }, { signal });
    if (image === undefined) throw new ImageSpecError("INTERNAL", `the manifest "${digest}" of the build is not there`);
    const { bytesSent, blobsSent } = await copyImage(source, { digest }, sink, {
      signal,
      mountFrom,
      onProgress: ({ digest: blob, current, total }) =>
        emit({ type: "transfer", step: name, kind: "push", item: blob.slice(0, 19), current, total, unit: "byte" }),
    });
    notes.detail = `${blobsSent} blob${blobsSent === 1 ? "" : "s"}`;
    return { image, uploaded: bytesSent };
  });
}
