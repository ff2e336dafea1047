import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { type Digest, isDigest, parseImageReference } from "@imagespec/oci";
import { isMissing, missingFile } from "../source/missing-file.ts";
import { debianPythonVersions, defaultProfile, defaultWorkdir } from "./defaults.ts";
import type { DebianSuite } from "./image-spec-input.ts";
import type { NormalizedImageSpec } from "./normalized-spec.ts";
import type { ResolvedBase } from "./resolved-spec.ts";

/** The repository of a base that has no name of its own: `acme/train-base`. */
export function baseName(name: string | undefined): string {
  return name === undefined ? "base" : `${name}-base`;
}

/** A base by reference, with its digest when the reference or the lock pins it. */
export function referenceBase(reference: string, locked: string | undefined): ResolvedBase {
  const { digest } = parseImageReference(reference);
  return { kind: "reference", reference, digest: digest ?? (isDigest(locked) ? locked : undefined) };
}

/** The spec of the image that is nothing but a Debian base. */
export function debianBaseSpec(child: NormalizedImageSpec, suite: DebianSuite): NormalizedImageSpec {
  return {
    ...emptySpec(child),
    name: baseName(child.name),
    pythonVersion: debianPythonVersions[suite],
    base: { kind: "debian", suite },
  };
}

/** A spec for the platforms of another one, to go where that goes, that says nothing but its base. */
export function emptySpec(child: NormalizedImageSpec): NormalizedImageSpec {
  return {
    contract: 1,
    name: child.name,
    registry: child.registry,
    tagFormat: undefined,
    pythonVersion: undefined,
    pythonExec: undefined,
    builder: undefined,
    builderOptions: {},
    base: child.base,
    packages: [],
    requirements: undefined,
    pipIndex: undefined,
    pipExtraIndexUrl: [],
    indexCredentials: [],
    pipExtraArgs: [],
    excludeNewer: undefined,
    condaPackages: [],
    condaChannels: [],
    aptPackages: [],
    cuda: undefined,
    cudnn: undefined,
    commands: [],
    env: {},
    entrypoint: undefined,
    cmd: undefined,
    user: undefined,
    workdir: defaultWorkdir,
    labels: {},
    sourceRoot: undefined,
    sourceCopyMode: "none",
    copy: [],
    runtimePackages: [],
    bytecode: false,
    profile: defaultProfile,
    platforms: child.platforms,
    registryConfig: child.registryConfig,
    secrets: [],
  };
}

/**
 * A base in an OCI layout, as a folder or an archive file.
 *
 * @throws SPEC_FILE_MISSING, IMAGE_NOT_FOUND, STORE_UNUSABLE
 */
export async function layoutBase(root: string, path: string, name: string | undefined): Promise<ResolvedBase> {
  const absolute = join(root, path);
  const isFolder = await stat(absolute).then(
    (stats) => stats.isDirectory(),
    async (error: unknown) => {
      throw isMissing(error) ? await missingFile("baseImage", path, absolute) : error;
    },
  );
  const { openOciLayout, readDockerArchive } = await import("@imagespec/image-store");
  const layout = isFolder ? await openOciLayout(absolute) : await readDockerArchive(absolute);
  try {
    const images = await layout.list();
    return { kind: "oci-layout", path: absolute, name, digest: pick(images, path, name) };
  } finally {
    await layout.close();
  }
}

function pick(
  images: readonly { readonly name: string | undefined; readonly descriptor: { readonly digest: Digest } }[],
  path: string,
  name: string | undefined,
): Digest {
  const matching = name === undefined ? images : images.filter((image) => image.name === name);
  const digests = [...new Set(matching.map(({ descriptor }) => descriptor.digest))];
  const [only] = digests;
  if (only !== undefined && digests.length === 1) return only;
  const names = images.flatMap((image) => image.name ?? []).join(", ");
  throw new ImageSpecError(
    "IMAGE_NOT_FOUND",
    name === undefined
      ? `baseImage: "${path}" has ${digests.length} images`
      : `baseImage: "${path}" has no image "${name}"`,
    {
      hint: names === "" ? "name a layout with one image" : `write "oci-layout:${path}:<name>" with one of ${names}`,
      details: { path: "baseImage" },
    },
  );
}
