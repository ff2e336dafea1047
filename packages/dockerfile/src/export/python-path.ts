import type { BaseImage } from "@imagespec/core";
import { decompress, readTar } from "@imagespec/image-store";
import { type ImageConfig, type ImageManifest, isForeignLayer } from "@imagespec/oci";

const usualFolders = ["usr/local/bin", "usr/bin", "opt/conda/bin"];

/**
 * Where a base has the interpreter of a Python minor: in the folders of its search path, read from its layers.
 *
 * @throws REGISTRY_…, STORE_CORRUPT, BASE_UNSUPPORTED, ABORTED
 */
export async function pythonPath(
  image: BaseImage,
  parts: { readonly config: ImageConfig; readonly manifest: ImageManifest },
  options: { readonly minor: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const name = `python${options.minor}`;
  const folders = [...new Set([...searchPath(parts.config), ...usualFolders])];
  const places = new Set(folders.map((folder) => `${folder}/${name}`));
  const found = new Set<string>();
  for (const layer of parts.manifest.layers) {
    if (isForeignLayer(layer.mediaType)) continue;
    const blob = await image.source.openBlob(layer, { signal: options.signal });
    for await (const { header } of readTar(decompress(blob))) {
      const path = header.path.replace(/^(?:\.?\/)+/, "");
      if (places.has(path)) found.add(path);
    }
  }
  const path = folders.map((folder) => `${folder}/${name}`).find((candidate) => found.has(candidate));
  return path === undefined ? undefined : `/${path}`;
}

function searchPath({ config }: ImageConfig): readonly string[] {
  const line = config?.Env?.find((entry) => entry.startsWith("PATH=")) ?? "PATH=";
  return line
    .slice("PATH=".length)
    .split(":")
    .filter((folder) => folder.startsWith("/") && !folder.startsWith("/opt/venv"))
    .map((folder) => folder.replace(/^\/+|\/+$/g, ""));
}
