import { AwsError } from "../aws-error.ts";

export type TagMutability = "MUTABLE" | "IMMUTABLE" | "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION";

export interface ExclusionFilter {
  readonly filterType: "WILDCARD";
  readonly filter: string;
}

export type ImageStatus = "ACTIVE" | "ARCHIVED";

/** What ECR knows of an image beside its manifest. */
export interface ImageRecord {
  /** Seconds since the epoch. */
  readonly pushedAt: number;
  status: ImageStatus;
  archivedAt?: number;
  activatedAt?: number;
}

export interface Repository {
  readonly name: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  mutability: TagMutability;
  exclusions: readonly ExclusionFilter[];
  scanOnPush: boolean;
  readonly encryption: Readonly<Record<string, unknown>>;
  tags: readonly { readonly Key: string; readonly Value?: string }[];
  lifecyclePolicy: string | undefined;
  /** By digest: also images without a tag, which a registry does not list. */
  readonly images: Map<string, ImageRecord>;
}

/** The repositories of one registry. */
export interface Repositories {
  readonly all: ReadonlyMap<string, Repository>;
  find(name: string): Repository | undefined;
  /** @throws AwsError RepositoryNotFoundException */
  get(name: string): Repository;
  add(repository: Repository): void;
  remove(name: string): void;
}

export function createRepositories(accountId: string): Repositories {
  const all = new Map<string, Repository>();
  return {
    all,
    find: (name) => all.get(name),
    get(name) {
      const repository = all.get(name);
      if (repository === undefined)
        throw new AwsError("RepositoryNotFoundException", missingRepository(name, accountId));
      return repository;
    },
    add: (repository) => void all.set(repository.name, repository),
    remove: (name) => void all.delete(name),
  };
}

export function missingRepository(name: string, accountId: string): string {
  return `The repository with name '${name}' does not exist in the registry with id '${accountId}'`;
}

/** Whether a tag, once it is there, stays on its image. */
export function isImmutable({ mutability, exclusions }: Repository, tag: string): boolean {
  const excluded = exclusions.some(({ filter }) => matchesWildcard(filter, tag));
  switch (mutability) {
    case "MUTABLE":
      return false;
    case "IMMUTABLE":
      return true;
    case "IMMUTABLE_WITH_EXCLUSION":
      return !excluded;
    case "MUTABLE_WITH_EXCLUSION":
      return excluded;
  }
}

function matchesWildcard(pattern: string, text: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[^\w]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`).test(text);
}
