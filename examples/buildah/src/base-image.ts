import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import type { BaseImage } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { onDisk, openOciLayout, withFileLock } from "@imagespec/image-store";
import {
  type ContainerConfig,
  type Descriptor,
  type Digest,
  digestHex,
  parseImageConfig,
  parseImageManifest,
} from "@imagespec/oci";
import { type BuildahCommand, mustCallBuildah } from "./buildah-command.ts";

/** A base in a storage that buildah can read. */
export interface LoadedBase {
  readonly image: BaseImage;
  /** Its name in that storage. */
  readonly reference: string;
  readonly config: ContainerConfig;
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly Digest[];
}

/**
 * Brings the base into buildah's storage, unless it is there. buildah does not pull it: the engine's own client has the mirrors,
 * certificates and logins, and a base may as well lie in a layout.
 *
 * @throws BASE_NOT_FOUND, REGISTRY_…, ABORTED, DISK_FULL, STORE_UNUSABLE, BUILD_FAILED
 */
export async function loadBase(
  image: BaseImage,
  storage: BuildahCommand,
  options: { readonly folder: string; readonly signal: AbortSignal },
): Promise<LoadedBase> {
  const { source } = image;
  const { folder, signal } = options;
  const stored = await source.readManifest({ digest: image.manifest.digest }, { signal });
  if (stored === undefined) {
    throw new ImageSpecError("BASE_NOT_FOUND", `the base "${image.reference}" has disappeared`, {
      hint: "build again, or choose another base",
    });
  }
  const { mediaType } = stored.descriptor;
  const manifest = parseImageManifest(stored.bytes, mediaType);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(manifest.config, { signal })) chunks.push(chunk);
  const config = parseImageConfig(Buffer.concat(chunks));
  const name = `localhost/imagespec-base:${digestHex(image.manifest.digest)}`;

  const load = async (): Promise<void> => {
    if (
      (await mustCallBuildah(storage, ["images", "--noheading"], { signal })).includes(digestHex(image.manifest.digest))
    )
      return;
    const temporary = await onDisk(folder, () => mkdtemp(path.join(folder, "base-")));
    try {
      const layout = await openOciLayout(path.join(temporary, "layout"), { create: true });
      for (const blob of [manifest.config, ...manifest.layers]) {
        await layout.writeBlob(blob, () => source.openBlob(blob, { signal }), { signal });
      }
      await layout.writeManifest(stored.bytes, mediaType, { tag: "base", signal });
      await layout.close();
      // From within: buildah makes a name of the path, and refuses capitals in names.
      const id = await mustCallBuildah(storage, ["pull", "--quiet", "oci:layout:base"], { signal, cwd: temporary });
      await mustCallBuildah(storage, ["tag", id.trim(), name], { signal });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  };
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  await withFileLock(path.join(folder, "locks", `base-${digestHex(image.manifest.digest)}`), load, { signal });
  return {
    image,
    reference: name,
    config: config.config ?? {},
    layers: manifest.layers,
    diffIds: config.rootfs.diff_ids,
  };
}
