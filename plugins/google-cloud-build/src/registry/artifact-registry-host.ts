/** Where a repository of Artifact Registry is. */
export interface ArtifactRepository {
  readonly project: string;
  /** `europe-west1`, `eu`. */
  readonly location: string;
  /** Id of the repository; the image's own name comes after it. */
  readonly repository: string;
}

/** The multi-regions of gcr.io, which Artifact Registry serves in repositories of the hosts' names. */
const gcrLocations: Readonly<Record<string, string>> = {
  "gcr.io": "us",
  "us.gcr.io": "us",
  "eu.gcr.io": "europe",
  "asia.gcr.io": "asia",
};

const dockerHost = /^([a-z0-9-]+)-docker\.pkg\.dev$/;

/** Whether a host is Artifact Registry's, or among the given ones. */
export function isArtifactRegistry(registry: string, more: readonly string[] = []): boolean {
  return dockerHost.test(registry) || Object.hasOwn(gcrLocations, registry) || more.includes(registry);
}

/**
 * What a registry and an image's repository mean: `europe-docker.pkg.dev` and `acme/images/train` are repository `images` of project
 * `acme`. Nothing when the name is too short to say.
 *
 * @param location for hosts that do not tell it
 */
export function parseArtifactRepository(
  registry: string,
  repository: string,
  location: string,
): ArtifactRepository | undefined {
  // A project of a domain is written with it: `example.com/acme/images/train`.
  const [first = "", ...others] = repository.split("/");
  const isScoped = first.includes(".");
  const project = isScoped ? `${first}:${others[0] ?? ""}` : first;
  const rest = isScoped ? others.slice(1) : others;
  const gcr = gcrLocations[registry];
  if (gcr !== undefined) return rest.length === 0 ? undefined : { project, location: gcr, repository: registry };
  const [id, ...image] = rest;
  if (id === undefined || image.length === 0) return undefined;
  return { project, location: dockerHost.exec(registry)?.[1] ?? location, repository: id };
}
