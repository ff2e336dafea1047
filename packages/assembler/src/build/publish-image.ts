import type { Descriptor, EncodedDocument } from "@imagespec/oci";
import type { BuildContext } from "./build-context.ts";
import { formatSize } from "./format-size.ts";

/** Waits for the blobs, then writes the config and the manifest. Returns the manifest's descriptor. */
export async function publishImage(
  { steps, publisher, scope, request }: BuildContext,
  { config, manifest }: { readonly config: EncodedDocument; readonly manifest: EncodedDocument },
): Promise<Descriptor> {
  const name = request.output.kind === "registry" ? "push" : "store";
  return steps.run(name, undefined, async (notes) => {
    publisher.publish(config.descriptor, async function* () {
      yield config.bytes;
    });
    await publisher.finish();
    const { mediaType } = manifest.descriptor;
    await request.sink.writeManifest(manifest.bytes, mediaType, { signal: scope.signal });
    const { blobsWritten, bytesWritten } = publisher;
    notes.detail = `${blobsWritten} blobs · ${formatSize(bytesWritten)}`;
    return manifest.descriptor;
  });
}
