import { ImageSpecError } from "@imagespec/errors";
import type { ContainerConfig, ImageSource } from "@imagespec/oci";
import { encodeConfig, encodeManifest, mediaTypes, parseImageReference } from "@imagespec/oci";
import { layerFiles } from "../../contents/layer-files.ts";
import { readImage } from "../../contents/read-image.ts";
import { resolveInImage } from "../../contents/resolve-in-image.ts";
import type { Environment } from "./environment.ts";

type Place = Pick<Environment, "client" | "registry" | "base" | "baseRepository">;

/** What containers of the base inherit. */
export async function readBaseConfig({ client, base }: Place): Promise<ContainerConfig> {
  const { source, selector } = locate(client, base);
  return (await readImage(source, selector)).config.config ?? {};
}

export async function readBaseDiffIds({ client, base }: Place): Promise<readonly string[]> {
  const { source, selector } = locate(client, base);
  return (await readImage(source, selector)).config.rootfs.diff_ids;
}

/** Where the base has `python3`. @throws BASE_UNSUPPORTED */
export async function findBasePython({ client, base }: Place): Promise<string> {
  const { source, selector } = locate(client, base);
  const files = await layerFiles(source, selector);
  const folders = ["/usr/local/bin", "/usr/bin", "/opt/conda/bin"];
  const found = folders.map((folder) => `${folder}/python3`).find((path) => resolveInImage(files, path) !== undefined);
  if (found !== undefined) return found;
  throw new ImageSpecError("BASE_UNSUPPORTED", `the base "${base}" has no python3 in ${folders.join(", ")}`, {
    hint: "set base to an image with Python",
  });
}

/** Pushes an image like the base whose config differs, for linux/amd64, and gives its reference. */
export async function deriveBase(
  { client, registry, base, baseRepository }: Place,
  name: string,
  change: (config: ContainerConfig) => ContainerConfig,
): Promise<string> {
  const { source, selector, repository: from } = locate(client, base);
  const { config, manifest } = await readImage(source, selector);
  const repository = baseRepository;
  const sink = client.repository({ registry, repository });
  const mountFrom = from.registry === sink.registry && from.repository !== repository ? [from.repository] : [];
  for (const layer of manifest.layers) await sink.writeBlob(layer, () => source.openBlob(layer), { mountFrom });
  const made = encodeConfig({ ...config, config: change(config.config ?? {}) });
  await sink.writeBlob(made.descriptor, async function* () {
    yield made.bytes;
  });
  const { bytes } = encodeManifest({ ...manifest, mediaType: mediaTypes.ociManifest, config: made.descriptor });
  await sink.writeManifest(bytes, mediaTypes.ociManifest, { tag: name });
  return `${registry}/${repository}:${name}`;
}

function locate(client: Environment["client"], text: string) {
  const reference = parseImageReference(text);
  const source: ImageSource = client.repository(reference);
  const selector = reference.digest === undefined ? { tag: reference.tag ?? "latest" } : { digest: reference.digest };
  return { source, selector, repository: reference };
}
