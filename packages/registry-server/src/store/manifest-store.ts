import { randomUUID } from "node:crypto";
import { type Digest, isDigest } from "@imagespec/oci";
import type { Files } from "../storage/files.ts";
import type { ContentLock } from "./content-lock.ts";
import {
  contentPath,
  manifestLinkPath,
  referrerName,
  referrersPath,
  repositoriesFolder,
  repositoryPath,
  tagPath,
  tagsPath,
} from "./paths.ts";

/** A manifest to be stored. */
export interface ManifestWrite {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly subject: Digest | undefined;
  readonly tags: readonly string[];
  /** Looks at what the first tag points to before anything is changed; throws to refuse. */
  readonly check: (current: Digest | undefined) => void;
}

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Manifests, tags and referrers by repository. */
export interface ManifestStore {
  describe(
    repository: string,
    digest: Digest,
  ): Promise<{ readonly mediaType: string; readonly size: number } | undefined>;
  read(repository: string, digest: Digest): Promise<StoredManifest | undefined>;
  resolveTag(repository: string, tag: string): Promise<Digest | undefined>;
  write(repository: string, manifest: ManifestWrite): Promise<void>;
  /** Removes a manifest and the tags that point to it. Whether there was one. */
  remove(repository: string, digest: Digest, subject: Digest | undefined): Promise<boolean>;
  removeTag(repository: string, tag: string): Promise<boolean>;
  /** In ASCII order. */
  tags(repository: string): Promise<readonly string[]>;
  /** Manifests with this subject, in the order of their digests. */
  referrers(repository: string, subject: Digest): Promise<readonly Digest[]>;
  /** Whether the repository has a blob or a manifest. */
  hasRepository(repository: string): Promise<boolean>;
  /** Names of the repositories that have a manifest, in ASCII order. */
  repositories(): Promise<readonly string[]>;
}

interface ManifestLink {
  readonly mediaType: string;
  /**
   * Drawn anew when a manifest is pushed that was not there. A tag belongs to one generation, so that removing the link removes
   * the manifest and all its tags in one step: what a crash leaves of the tag files can never point to a later push.
   */
  readonly generation: string;
}

interface TagLink {
  /** The file's name does not tell case. */
  readonly tag: string;
  readonly digest: Digest;
  readonly generation: string;
}

/** The {@link ManifestStore} of some {@link Files}. */
export function createManifestStore(files: Files, lock: ContentLock): ManifestStore {
  const queues = new Map<string, Promise<unknown>>();

  /** One change of a repository at a time: tags are compared and set, links are looked up and used. */
  async function exclusively<T>(repository: string, operation: () => Promise<T>): Promise<T> {
    const before = queues.get(repository) ?? Promise.resolve();
    const result = before.then(operation, operation);
    // The failure belongs to the caller of `operation`; the next in line only waits.
    const settled = result.then(nothing, nothing);
    queues.set(repository, settled);
    try {
      return await result;
    } finally {
      if (queues.get(repository) === settled) queues.delete(repository);
    }
  }

  const linkOf = async (repository: string, digest: Digest): Promise<ManifestLink | undefined> =>
    parseManifestLink(await files.read(manifestLinkPath(repository, digest)));

  async function liveTag(repository: string, bytes: Uint8Array | undefined): Promise<TagLink | undefined> {
    const tag = parseTagLink(bytes);
    if (tag === undefined) return undefined;
    const link = await linkOf(repository, tag.digest);
    return link?.generation === tag.generation ? tag : undefined;
  }

  async function resolveTag(repository: string, tag: string): Promise<Digest | undefined> {
    return (await liveTag(repository, await files.read(tagPath(repository, tag))))?.digest;
  }

  async function tagLinks(repository: string): Promise<readonly TagLink[]> {
    const links: TagLink[] = [];
    for (const name of await files.list(tagsPath(repository))) {
      const link = await liveTag(repository, await files.read(`${tagsPath(repository)}/${name}`));
      if (link !== undefined) links.push(link);
    }
    return links;
  }

  async function has(repository: string, kind: "_blobs" | "_manifests"): Promise<boolean> {
    for (const algorithm of ["sha256", "sha512"]) {
      if ((await files.list(`${repositoryPath(repository)}/${kind}/${algorithm}`)).length > 0) return true;
    }
    return false;
  }

  return {
    async describe(repository, digest) {
      const link = await linkOf(repository, digest);
      const size = link === undefined ? undefined : await files.size(contentPath(digest));
      return link === undefined || size === undefined ? undefined : { mediaType: link.mediaType, size };
    },

    async read(repository, digest) {
      const link = await linkOf(repository, digest);
      const bytes = link === undefined ? undefined : await files.read(contentPath(digest));
      return link === undefined || bytes === undefined ? undefined : { mediaType: link.mediaType, bytes };
    },

    resolveTag,

    write: (repository, { digest, mediaType, bytes, subject, tags, check }) =>
      exclusively(repository, () =>
        lock.shared(async () => {
          const [firstTag] = tags;
          check(firstTag === undefined ? undefined : await resolveTag(repository, firstTag));

          // The link is what makes the manifest exist: all it needs comes before it, what points to it after it.
          if ((await files.size(contentPath(digest))) === bytes.length) await files.touch(contentPath(digest));
          else await files.write(contentPath(digest), bytes);
          if (subject !== undefined) {
            await files.write(`${referrersPath(repository, subject)}/${referrerName(digest)}`, new Uint8Array());
          }
          const existing = await linkOf(repository, digest);
          const generation = existing?.generation ?? randomUUID();
          if (existing?.mediaType !== mediaType) {
            await files.write(manifestLinkPath(repository, digest), toJson({ mediaType, generation }));
          }
          for (const tag of tags) await files.write(tagPath(repository, tag), toJson({ tag, digest, generation }));
        }),
      ),

    remove: (repository, digest, subject) =>
      exclusively(repository, async () => {
        const tags = (await tagLinks(repository)).filter((link) => link.digest === digest);
        if (!(await files.remove(manifestLinkPath(repository, digest)))) return false;
        for (const { tag } of tags) await files.remove(tagPath(repository, tag));
        if (subject !== undefined) await files.remove(`${referrersPath(repository, subject)}/${referrerName(digest)}`);
        return true;
      }),

    removeTag: (repository, tag) =>
      exclusively(repository, async () => {
        const existed = (await resolveTag(repository, tag)) !== undefined;
        await files.remove(tagPath(repository, tag));
        return existed;
      }),

    tags: async (repository) => (await tagLinks(repository)).map(({ tag }) => tag).sort(compareAscii),

    async referrers(repository, subject) {
      const digests: Digest[] = [];
      for (const name of [...(await files.list(referrersPath(repository, subject)))].sort(compareAscii)) {
        const digest = name.replace("-", ":");
        if (isDigest(digest) && (await linkOf(repository, digest)) !== undefined) digests.push(digest);
      }
      return digests;
    },

    hasRepository: async (repository) => (await has(repository, "_manifests")) || (await has(repository, "_blobs")),

    async repositories() {
      const found: string[] = [];
      for (const repository of await repositoryFolders(files)) {
        if (await has(repository, "_manifests")) found.push(repository);
      }
      return found.sort(compareAscii);
    },
  };
}

/** Every name under which anything is or was stored, in no order. */
export async function repositoryFolders(files: Files): Promise<readonly string[]> {
  const found: string[] = [];
  const waiting = [""];
  for (let prefix = waiting.pop(); prefix !== undefined; prefix = waiting.pop()) {
    const names = await files.list(prefix === "" ? repositoriesFolder : repositoryPath(prefix));
    if (names.some((name) => name.startsWith("_"))) found.push(prefix);
    for (const name of names) {
      if (!name.startsWith("_")) waiting.push(prefix === "" ? name : `${prefix}/${name}`);
    }
  }
  return found;
}

function parseManifestLink(bytes: Uint8Array | undefined): ManifestLink | undefined {
  const link = fromJson(bytes);
  if (typeof link?.["mediaType"] !== "string" || typeof link["generation"] !== "string") return undefined;
  return { mediaType: link["mediaType"], generation: link["generation"] };
}

function parseTagLink(bytes: Uint8Array | undefined): TagLink | undefined {
  const link = fromJson(bytes);
  if (typeof link?.["tag"] !== "string" || typeof link["generation"] !== "string") return undefined;
  return isDigest(link["digest"])
    ? { tag: link["tag"], digest: link["digest"], generation: link["generation"] }
    : undefined;
}

function toJson(value: ManifestLink | TagLink): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function fromJson(bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> | undefined {
  if (bytes === undefined) return undefined;
  const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  // Holds: a non-null object can be read by any key.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function compareAscii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nothing(): void {}
