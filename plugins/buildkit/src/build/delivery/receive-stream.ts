import { ImageSpecError } from "@imagespec/errors";
import type { Digest, StoredManifest } from "@imagespec/oci";
import { blobSizes } from "../relay/served-image.ts";
import { solve } from "../solve.ts";
import { copyToOutput } from "./copy-to-output.ts";
import type { Delivered, DeliveryJob } from "./delivery-job.ts";
import { exporterAttrs } from "./exporter-attrs.ts";
import { receiveArchive } from "./receive-archive.ts";
import { spooledImage } from "./spooled-image.ts";

/** Has the daemon send the image here as an OCI archive; from here it goes to the output. Works with a daemon anywhere. */
export async function receiveStream(job: DeliveryJob): Promise<Delivered> {
  const { session, request, base, work } = job;
  const { content } = request.store;
  const inBase = base === undefined ? undefined : blobSizes(base.manifest);
  let manifest: StoredManifest | undefined;
  const solved = await solve(session, {
    ...work,
    exporter: {
      kind: "oci",
      attrs: exporterAttrs(session),
      receive: async (archive) => {
        const isKnown = (digest: Digest): boolean => inBase?.has(digest) === true;
        manifest = await receiveArchive(archive, content, { isKnown, signal: request.signal });
      },
    },
  });
  if (manifest === undefined) {
    throw new ImageSpecError("ENGINE_UNSUPPORTED", `the daemon at "${session.daemon.address}" sent no image`, {
      hint: "update the daemon",
    });
  }
  const image = spooledImage(content, base, manifest);
  return { solved, ...(await copyToOutput(job, image, manifest.descriptor.digest)) };
}
