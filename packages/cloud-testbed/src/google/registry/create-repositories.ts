import { GoogleError } from "../google-error.ts";

/** A repository of Artifact Registry. */
export interface Repository {
  readonly project: string;
  readonly location: string;
  readonly id: string;
  readonly immutableTags: boolean;
  /** The resource as it was sent, checked. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly createTime: string;
}

/** The repositories of a fake. */
export interface Repositories {
  find(project: string, location: string, id: string): Repository | undefined;
  /** @throws GoogleError ALREADY_EXISTS, INVALID_ARGUMENT */
  assertFree(project: string, location: string, id: string): void;
  /** @throws GoogleError ALREADY_EXISTS, INVALID_ARGUMENT */
  create(project: string, location: string, id: string, fields?: Readonly<Record<string, unknown>>): Repository;
}

export function createRepositories(): Repositories {
  const all = new Map<string, Repository>();
  const key = (...parts: readonly string[]) => parts.join("/");
  const assertFree = (project: string, location: string, id: string): void => {
    if (!/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(id) && id !== "gcr.io") {
      throw new GoogleError("INVALID_ARGUMENT", `repository_id "${id}" is not valid`);
    }
    if (all.has(key(project, location, id))) throw new GoogleError("ALREADY_EXISTS", "the repository already exists");
  };
  return {
    assertFree,
    find: (project, location, id) => all.get(key(project, location, id)),
    create(project, location, id, fields = {}) {
      assertFree(project, location, id);
      // The caller has checked the fields against the message type.
      const docker = fields["dockerConfig"] as { readonly immutableTags?: boolean } | undefined;
      const repository: Repository = {
        project,
        location,
        id,
        immutableTags: docker?.immutableTags === true,
        fields: { ...fields, format: fields["format"] ?? "DOCKER" },
        createTime: new Date().toISOString(),
      };
      all.set(key(project, location, id), repository);
      return repository;
    },
  };
}
