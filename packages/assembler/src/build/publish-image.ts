import type { Descriptor, EncodedDocument } from "@imagespec/oci";
import { isBlobLoss } from "@imagespec/registry-client";
import type { BuildContext } from "./build-context.ts";
import { formatSize } from "./format-size.ts";
import type { Publisher } from "./publisher.ts";

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
    const write = () => request.sink.writeManifest(manifest.bytes, mediaType, { signal: scope.signal });
    try {
      await write();
    } catch (error) {
      // A registry that collects garbage meanwhile may take blobs for garbage until there is a manifest.
      if (!isBlobLoss(error)) throw error;
      await publisher.publishAgain();
      await write();
    }
    notes.detail = describe(request.output.kind, publisher);
    return manifest.descriptor;
  });
}

function describe(
  output: BuildContext["request"]["output"]["kind"],
  { blobsWritten, bytesWritten }: Publisher,
): string {
  if (output === "local-store") return "local image store";
  return `${blobsWritten} blob${blobsWritten === 1 ? "" : "s"} · ${formatSize(bytesWritten)}`;
}
