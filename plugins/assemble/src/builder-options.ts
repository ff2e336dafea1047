import path from "node:path";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { parseImageReference } from "@imagespec/oci";
import type { RepositoryReference } from "@imagespec/registry-client";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";

/** Checks the options of the factory. @throws CONFIG_INVALID */
export function assertOptions({ cacheFolder, debian = {}, layerIndex, pythonMirror }: AssembleBuilderOptions): void {
  if (cacheFolder !== undefined && !path.isAbsolute(cacheFolder))
    throw invalid(
      "cacheFolder",
      cacheFolder,
      "not an absolute path",
      "write the path from the root of the file system",
    );
  for (const [area, url] of Object.entries(debian)) {
    if (!/^https?:\/\//.test(url))
      throw invalid(`debian.${area}`, url, "not a URL", "write it like https://deb.debian.org/debian");
  }
  if (pythonMirror !== undefined && !URL.canParse(pythonMirror))
    throw invalid("pythonMirror", pythonMirror, "not a URL", "write it like https://mirror.acme.dev/pythons");
  if (layerIndex !== undefined && indexRepository(layerIndex.repository) === undefined)
    throw invalid(
      "layerIndex.repository",
      String(layerIndex.repository),
      "not a repository of a registry",
      "write it like ghcr.io/acme/layers, without a tag",
    );
}

/** The repository of a layer index; nothing for what names none. */
export function indexRepository(text: unknown): RepositoryReference | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const { registry, repository, tag, digest } = parseImageReference(text);
    return tag === undefined && digest === undefined ? { registry, repository } : undefined;
  } catch (error) {
    if (isImageSpecError(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}

function invalid(name: string, value: string, problem: string, hint: string): ImageSpecError {
  return new ImageSpecError("CONFIG_INVALID", `option "${name}" of the builder "assemble" is "${value}", ${problem}`, {
    hint,
  });
}
