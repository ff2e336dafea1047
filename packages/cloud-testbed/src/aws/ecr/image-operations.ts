import { digestOf, type RegistryReader } from "../../shared/registry-reader.ts";
import { AwsError } from "../aws-error.ts";
import { immutableTag } from "./registry-rules.ts";
import { type ImageStatus, isImmutable, type Repositories, type Repository } from "./repositories.ts";
import type { EcrOperation } from "./repository-operations.ts";

export interface ImageOperationsOptions {
  readonly accountId: string;
  readonly repositories: Repositories;
  readonly registry: RegistryReader;
}

interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

interface ImageInput {
  readonly repositoryName: string;
  readonly imageIds?: readonly ImageId[];
  readonly imageId?: ImageId;
  readonly filter?: { readonly tagStatus?: "TAGGED" | "UNTAGGED" | "ANY"; readonly imageStatus?: ImageStatus | "ANY" };
  readonly imageManifest?: string;
  readonly imageManifestMediaType?: string;
  readonly imageTag?: string;
  readonly imageDigest?: string;
  readonly targetStorageClass?: "STANDARD" | "ARCHIVE";
  readonly layerDigests?: readonly string[];
}

interface ImageDocument {
  readonly mediaType?: string;
  readonly layers?: readonly { readonly size: number }[];
  readonly config?: { readonly mediaType?: string; readonly size: number };
}

export function createImageOperations(options: ImageOperationsOptions): Readonly<Record<string, EcrOperation>> {
  const { accountId, repositories, registry } = options;
  /** Digest to tags, as the registry has them now. */
  const tagsOf = async (repository: Repository) => {
    const byDigest = new Map<string, string[]>([...repository.images.keys()].map((digest) => [digest, []]));
    for (const tag of await registry.tags(repository.name)) {
      const digest = (await registry.manifest(repository.name, tag))?.digest;
      if (digest !== undefined) byDigest.set(digest, [...(byDigest.get(digest) ?? []), tag]);
    }
    return byDigest;
  };
  const describe = async (repository: Repository, digest: string, tags: readonly string[]) => {
    const manifest = await registry.manifest(repository.name, digest);
    if (manifest === undefined) return undefined;
    // The registry took it as a manifest.
    const document = JSON.parse(manifest.text) as ImageDocument;
    const record = repository.images.get(digest);
    return {
      registryId: accountId,
      repositoryName: repository.name,
      imageDigest: digest,
      ...(tags.length > 0 && { imageTags: tags }),
      imageSizeInBytes: (document.layers ?? []).reduce((sum, { size }) => sum + size, 0),
      imageManifestMediaType: manifest.mediaType,
      ...(document.config?.mediaType !== undefined && { artifactMediaType: document.config.mediaType }),
      imagePushedAt: record?.pushedAt ?? repository.createdAt,
      imageStatus: record?.status ?? "ACTIVE",
      ...(record?.archivedAt !== undefined && { lastArchivedAt: record.archivedAt }),
      ...(record?.activatedAt !== undefined && { lastActivatedAt: record.activatedAt }),
    };
  };
  /** The digest that an identifier names; nothing when there is none, or tag and digest do not belong together. */
  const resolve = async ({ name }: Repository, { imageDigest, imageTag }: ImageId) => {
    const manifest = await registry.manifest(name, imageTag ?? imageDigest ?? "");
    if (imageDigest !== undefined && manifest?.digest !== imageDigest) return undefined;
    return manifest;
  };
  const notFound = ({ name }: Repository, { imageDigest = "null", imageTag = "null" }: ImageId) =>
    new AwsError(
      "ImageNotFoundException",
      `The image with imageId {imageDigest:'${imageDigest}', imageTag:'${imageTag}'} does not exist within the repository with name '${name}' in the registry with id '${accountId}'`,
    );

  const operations: Readonly<Record<string, (input: ImageInput) => unknown>> = {
    async DescribeImages({ repositoryName, imageIds, filter = {} }) {
      const repository = repositories.get(repositoryName);
      const tags = await tagsOf(repository);
      if (imageIds !== undefined) {
        const details = imageIds.map(async (id) => {
          const digest = (await resolve(repository, id))?.digest;
          const detail = digest && (await describe(repository, digest, tags.get(digest) ?? []));
          if (!detail) throw notFound(repository, id);
          return detail;
        });
        return { imageDetails: await Promise.all(details) };
      }
      const { tagStatus = "ANY", imageStatus = "ACTIVE" } = filter;
      const details = await Promise.all([...tags].map(([digest, names]) => describe(repository, digest, names)));
      return {
        imageDetails: details.filter(
          (detail) =>
            detail !== undefined &&
            (imageStatus === "ANY" || detail.imageStatus === imageStatus) &&
            (tagStatus === "ANY" || (detail.imageTags !== undefined) === (tagStatus === "TAGGED")),
        ),
      };
    },
    async ListImages({ repositoryName, filter = {} }) {
      const tags = await tagsOf(repositories.get(repositoryName));
      const { tagStatus = "ANY" } = filter;
      const imageIds = [...tags].flatMap(([imageDigest, names]): readonly ImageId[] =>
        names.length === 0
          ? tagStatus === "TAGGED"
            ? []
            : [{ imageDigest }]
          : tagStatus === "UNTAGGED"
            ? []
            : names.map((imageTag) => ({ imageDigest, imageTag })),
      );
      return { imageIds };
    },
    async BatchGetImage({ repositoryName, imageIds = [] }) {
      const repository = repositories.get(repositoryName);
      const images: unknown[] = [];
      const failures: unknown[] = [];
      for (const imageId of imageIds) {
        const fail = (failureCode: string, failureReason: string) =>
          failures.push({ imageId, failureCode, failureReason });
        if (imageId.imageDigest === undefined && imageId.imageTag === undefined) {
          fail("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
          continue;
        }
        const manifest = await resolve(repository, imageId);
        if (manifest === undefined) fail("ImageNotFound", "Requested image not found");
        // AWS says that requests to pull an archived image fail; by which of its codes is not documented.
        else if (repository.images.get(manifest.digest)?.status === "ARCHIVED")
          fail("ImageInaccessible", "Requested image is archived");
        else {
          const { imageTag } = imageId;
          images.push({
            registryId: accountId,
            repositoryName,
            imageId: { imageDigest: manifest.digest, ...(imageTag !== undefined && { imageTag }) },
            imageManifest: manifest.text,
            imageManifestMediaType: manifest.mediaType,
          });
        }
      }
      return { images, failures };
    },
    async PutImage({ repositoryName, imageManifest = "", imageManifestMediaType, imageTag, imageDigest: expected }) {
      const repository = repositories.get(repositoryName);
      const imageDigest = digestOf(imageManifest);
      if (expected !== undefined && expected !== imageDigest) {
        throw new AwsError(
          "ImageDigestDoesNotMatchException",
          `The digest '${expected}' does not match that of the manifest, '${imageDigest}'`,
        );
      }
      const there = await registry.manifest(repositoryName, imageTag ?? imageDigest);
      if (there?.digest === imageDigest) {
        const message = `Image with digest '${imageDigest}' and tag '${imageTag ?? "null"}' already exists in the repository with name '${repositoryName}' in registry with id '${accountId}'`;
        throw new AwsError("ImageAlreadyExistsException", message);
      }
      if (imageTag !== undefined && there !== undefined && isImmutable(repository, imageTag)) {
        throw new AwsError("ImageTagAlreadyExistsException", immutableTag(repositoryName, imageTag));
      }
      const mediaType = imageManifestMediaType ?? mediaTypeOf(imageManifest);
      const refused = await registry.putManifest(repositoryName, imageTag ?? imageDigest, mediaType, imageManifest);
      if (refused !== undefined) throw new AwsError("LayersNotFoundException", refused);
      repository.images.set(imageDigest, { pushedAt: Date.now() / 1000, status: "ACTIVE" });
      const imageId = { imageDigest, ...(imageTag !== undefined && { imageTag }) };
      return {
        image: { registryId: accountId, repositoryName, imageId, imageManifest, imageManifestMediaType: mediaType },
      };
    },
    async BatchDeleteImage({ repositoryName, imageIds: asked = [] }) {
      const repository = repositories.get(repositoryName);
      const imageIds: ImageId[] = [];
      const failures: unknown[] = [];
      for (const imageId of asked) {
        const manifest = await resolve(repository, imageId);
        if (manifest === undefined) {
          failures.push({ imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" });
          continue;
        }
        await registry.deleteManifest(repositoryName, manifest.digest);
        repository.images.delete(manifest.digest);
        imageIds.push({ ...imageId, imageDigest: manifest.digest });
      }
      return { imageIds, failures };
    },
    async BatchCheckLayerAvailability({ repositoryName, layerDigests = [] }) {
      repositories.get(repositoryName);
      const layers = await Promise.all(
        layerDigests.map(async (layerDigest) => ({
          layerDigest,
          layerAvailability: (await registry.hasBlob(repositoryName, layerDigest)) ? "AVAILABLE" : "UNAVAILABLE",
        })),
      );
      return { layers, failures: [] };
    },
    async UpdateImageStorageClass({ repositoryName, imageId = {}, targetStorageClass }) {
      const repository = repositories.get(repositoryName);
      const digest = (await resolve(repository, imageId))?.digest;
      const record = repository.images.get(digest ?? "");
      if (record === undefined) throw notFound(repository, imageId);
      const now = Date.now() / 1000;
      Object.assign(
        record,
        targetStorageClass === "ARCHIVE"
          ? { status: "ARCHIVED", archivedAt: now }
          : { status: "ACTIVE", activatedAt: now },
      );
      return { registryId: accountId, repositoryName, imageId, imageStatus: record.status };
    },
  };
  return operations;
}

function mediaTypeOf(manifest: string): string {
  try {
    // Anything that JSON can be has no other mediaType than its own.
    return (JSON.parse(manifest) as ImageDocument).mediaType ?? "";
  } catch {
    throw new AwsError(
      "InvalidParameterException",
      "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
    );
  }
}
