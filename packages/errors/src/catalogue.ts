/** Where a failure lies. */
export type ErrorOrigin = "spec" | "index" | "builder" | "registry" | "daemon" | "cloud";

/** What a code means. */
export interface CatalogueEntry {
  readonly origin: ErrorOrigin;
  /** One line for the reference page: when this code is used. */
  readonly summary: string;
}

/**
 * The codes that every builder shares. The same cause has the same code whoever met it; `details.provider` says whose.
 * A code is for ever: never rename one, never give one a second meaning.
 */
export const sharedErrors = {
  SPEC_INVALID: { origin: "spec", summary: "the spec has one or more problems; `problems` lists them all" },
  SPEC_UNKNOWN_FIELD: { origin: "spec", summary: "a field that does not exist, often a misspelling" },
  SPEC_TYPE: { origin: "spec", summary: "a value of the wrong type, such as a string where a list belongs" },
  SPEC_VALUE: { origin: "spec", summary: "a value outside of what the field allows" },
  SPEC_CONFLICT: { origin: "spec", summary: "two fields that cannot be used together" },
  SPEC_REQUIREMENT: { origin: "spec", summary: "a requirement that does not follow PEP 508" },
  SPEC_REFERENCE: {
    origin: "spec",
    summary: "an image name, registry or reference that does not follow the distribution grammar",
  },
  SPEC_PLATFORM: { origin: "spec", summary: "a platform that is not os/arch[/variant]" },
  SPEC_PACKAGE_NOT_FOUND: { origin: "spec", summary: "a package that the package index does not have" },
  SPEC_VERSION_NOT_FOUND: { origin: "spec", summary: "a version of a package that the package index does not have" },
  SPEC_NO_WHEEL: { origin: "spec", summary: "a package without a wheel for the platform and Python of the image" },
  SPEC_UNSOLVABLE: { origin: "spec", summary: "requirements that contradict each other" },
  SPEC_FILE_MISSING: { origin: "spec", summary: "a file or folder that the spec names does not exist" },
  SPEC_FILE_UNREADABLE: {
    origin: "spec",
    summary: "a spec file, requirements file or lock file that cannot be read or parsed",
  },
  SPEC_PATH_OUTSIDE: { origin: "spec", summary: "a path that leaves the root folder of the spec" },
  SPEC_SYMLINK_OUTSIDE: { origin: "spec", summary: "a symbolic link in the source tree that points outside of it" },
  SPEC_SOURCE_UNSUPPORTED: { origin: "spec", summary: "a socket, device or other special file in the source tree" },
  SOURCE_CHANGED: {
    origin: "spec",
    summary: "files changed between computing the fingerprint and reading them for the build",
  },
  LOCK_STALE: { origin: "spec", summary: "the lock file no longer matches the spec" },
  LOCK_MISSING: { origin: "spec", summary: "a lock file was required and there is none" },
  LOCK_INVALID: { origin: "spec", summary: "a lock file that cannot be used" },
  CONFIG_INVALID: { origin: "spec", summary: "a configuration file that cannot be used" },
  PLUGIN_NOT_FOUND: { origin: "spec", summary: "a plugin that is configured but not installed" },
  PLUGIN_BROKEN: { origin: "spec", summary: "a plugin that is installed but cannot be loaded or used" },

  INDEX_DOWN: { origin: "index", summary: "the package index cannot be reached" },
  INDEX_AUTH: { origin: "index", summary: "the package index refused the credentials" },
  INDEX_PROTOCOL: { origin: "index", summary: "the package index answered something that cannot be understood" },
  RESOLVER_UNAVAILABLE: {
    origin: "index",
    summary: "uv, which resolves requirements, is neither installed nor obtainable",
  },
  RESOLVER_FAILED: { origin: "index", summary: "uv failed for another reason than the requirements themselves" },
  WHEEL_HASH_MISMATCH: {
    origin: "index",
    summary: "a downloaded wheel does not have the hash that the lock or index states",
  },
  WHEEL_INVALID: { origin: "index", summary: "a wheel that is damaged, hostile or does not follow its specification" },
  WHEEL_CONFLICT: { origin: "index", summary: "two wheels that bring different content for one path" },
  DEBIAN_SIGNATURE: {
    origin: "index",
    summary: "a Debian index whose signature is missing, wrong, expired or by an unknown key",
  },
  DEBIAN_INDEX: { origin: "index", summary: "a Debian index or package that is damaged or older than one seen before" },
  DEBIAN_PACKAGE_NOT_FOUND: {
    origin: "index",
    summary: "a Debian package that the suite does not have, or a closure that has no solution",
  },
  DEBIAN_SCRIPT: { origin: "index", summary: "a Debian package whose maintainer scripts cannot be emulated" },

  NO_BUILDER: {
    origin: "builder",
    summary: "no registered builder can build the spec; `details.verdicts` says why for each",
  },
  BUILDER_NOT_FOUND: { origin: "builder", summary: "the builder that the spec names is not registered" },
  BUILDER_DECLINED: { origin: "builder", summary: "the builder that the spec names cannot build it" },
  BUILDER_CONFLICT: { origin: "builder", summary: "two different builders with one name" },
  BUILDER_CONTRACT: {
    origin: "builder",
    summary: "a builder made for another version of the contract, or breaking it",
  },
  BUILD_FAILED: { origin: "builder", summary: "a build failed for a reason without a code of its own" },
  BUILD_STEP_FAILED: { origin: "builder", summary: "a command of the build ended with an exit code other than 0" },
  BUILD_TIMEOUT: { origin: "builder", summary: "the time limit of the build was reached" },
  ABORTED: { origin: "builder", summary: "the caller aborted the operation" },
  BASE_UNSUPPORTED: { origin: "builder", summary: "a base image that cannot be used as asked" },
  DISK_FULL: { origin: "builder", summary: "no space is left on a disk that the build needs" },
  STORE_UNUSABLE: { origin: "builder", summary: "the local image store or cache cannot be read or written" },
  STORE_CORRUPT: {
    origin: "builder",
    summary: "a file of the local image store or cache does not have the content its name states",
  },
  IMAGE_NOT_FOUND: { origin: "builder", summary: "no such image in the local image store or layout" },
  LISTEN_FAILED: { origin: "builder", summary: "an address or port of this machine that cannot be listened on" },
  RUN_UNAVAILABLE: { origin: "builder", summary: "the machine offers no way of running a container" },
  INTERNAL: { origin: "builder", summary: "a defect of imagespec itself" },

  TAG_MISMATCH: { origin: "registry", summary: "the tag exists and holds another image than the spec describes" },
  EXISTENCE_UNKNOWN: { origin: "registry", summary: "the registry could not say whether the image exists" },
  BASE_NOT_FOUND: { origin: "registry", summary: "the base image, or the platform of it, does not exist" },
  REGISTRY_DOWN: { origin: "registry", summary: "the registry cannot be reached" },
  REGISTRY_AUTH: { origin: "registry", summary: "the registry wants other credentials (401)" },
  REGISTRY_DENIED: { origin: "registry", summary: "the credentials lack the right for this operation (403)" },
  REGISTRY_NOT_FOUND: {
    origin: "registry",
    summary: "the registry does not have the repository, manifest or blob (404)",
  },
  REGISTRY_RATE_LIMITED: { origin: "registry", summary: "the registry limits the number of requests (429)" },
  REGISTRY_ERROR: { origin: "registry", summary: "the registry answered with an error" },
  REGISTRY_PROTOCOL: {
    origin: "registry",
    summary: "the registry answered something that does not follow the distribution specification",
  },
  CREDENTIALS: { origin: "registry", summary: "a docker config file or credential helper that cannot be used" },
  DIGEST_MISMATCH: { origin: "registry", summary: "content does not have the digest it was asked for by" },
  REFERENCE_INVALID: { origin: "registry", summary: "a text that is not an image reference" },
  DIGEST_INVALID: { origin: "registry", summary: "a text that is not a digest" },
  PLATFORM_INVALID: { origin: "registry", summary: "a text that is not a platform" },
  MANIFEST_INVALID: {
    origin: "registry",
    summary: "a manifest, index or config that does not follow the image specification",
  },

  ENGINE_DOWN: { origin: "daemon", summary: "no container engine answers" },
  ENGINE_PERMISSION: { origin: "daemon", summary: "the container engine's socket may not be opened" },
  ENGINE_UNSUPPORTED: { origin: "daemon", summary: "the container engine lacks something that the build needs" },
  ENGINE_LOST: { origin: "daemon", summary: "the connection to the container engine broke" },
  STALLED: { origin: "daemon", summary: "nothing happened for longer than the stall limit" },

  CLOUD_CREDENTIALS: { origin: "cloud", summary: "no credentials for the cloud, or ones that it does not accept" },
  CLOUD_PLACE: { origin: "cloud", summary: "no region, location, account or project to work in is known" },
  CLOUD_DENIED: {
    origin: "cloud",
    summary: "a right is missing; `details` has `principal`, `action` and `resource` as far as the cloud tells them",
  },
  CLOUD_NOT_FOUND: {
    origin: "cloud",
    summary: "a resource of the cloud that the configuration names does not exist: a project, bucket, role or secret",
  },
  CLOUD_SERVICE_DISABLED: {
    origin: "cloud",
    summary: "a service of the cloud is not enabled for the account or project",
  },
  CLOUD_QUOTA: { origin: "cloud", summary: "a quota of the cloud leaves no room for the build" },
  CLOUD_THROTTLED: { origin: "cloud", summary: "the cloud limits the number of requests, and went on doing so" },
  CLOUD_DOWN: { origin: "cloud", summary: "a service of the cloud cannot be reached" },
  CLOUD_ERROR: {
    origin: "cloud",
    summary: "a service of the cloud answered with an error that has no code of its own",
  },
  CLOUD_QUEUE_TIMEOUT: {
    origin: "cloud",
    summary: "the build waited in the queue of the cloud for longer than its limit",
  },
  CLOUD_BUILD_FAULT: { origin: "cloud", summary: "the build service itself failed, also when it was asked again" },
  CLOUD_BUILD_STOPPED: { origin: "cloud", summary: "somebody else stopped the build" },
  CLOUD_SOURCE: {
    origin: "cloud",
    summary: "the build cannot fetch its context, or a secret that it is given by reference",
  },
  CLOUD_BUILD_ENVIRONMENT: {
    origin: "cloud",
    summary: "the machine or image that the build runs in cannot do it, or cannot be had",
  },
  CLOUD_RESULT: {
    origin: "cloud",
    summary: "a build succeeded and does not say which image it made, or another one is there",
  },
} as const;

/** A code of {@link sharedErrors}. */
export type SharedErrorCode = keyof typeof sharedErrors;

/** A shared code, or a code that only one provider has, prefixed by it: `AWS_…`, `NIX_…`. */
export type ErrorCode = SharedErrorCode | `${Uppercase<string>}_${Uppercase<string>}`;

const added = new Map<string, CatalogueEntry>();

/**
 * Adds the codes for causes that one provider alone has. Each must start with the provider's prefix and may be defined once;
 * defining the same again (a second installed copy) is fine.
 *
 * @throws TypeError for a code without the prefix, a shared code, or a second meaning; nothing is added then
 */
export function defineErrors(prefix: Uppercase<string>, entries: Readonly<Record<string, CatalogueEntry>>): void {
  for (const [code, entry] of Object.entries(entries)) {
    if (!code.startsWith(`${prefix}_`)) throw new TypeError(`error code "${code}" must start with "${prefix}_"`);
    if (Object.hasOwn(sharedErrors, code)) throw new TypeError(`error code "${code}" is a shared one`);
    const defined = added.get(code);
    if (defined !== undefined && (defined.origin !== entry.origin || defined.summary !== entry.summary))
      throw new TypeError(`error code "${code}" is defined already, with another meaning`);
  }
  for (const [code, entry] of Object.entries(entries)) added.set(code, entry);
}

/** The origin that the catalogue gives a code. @default "builder" for a code that nobody defined */
export function originOf(code: ErrorCode): ErrorOrigin {
  return catalogueEntry(code)?.origin ?? "builder";
}

/** What the catalogue knows of a code. */
export function catalogueEntry(code: string): CatalogueEntry | undefined {
  return isSharedErrorCode(code) ? sharedErrors[code] : added.get(code);
}

function isSharedErrorCode(code: string): code is SharedErrorCode {
  return Object.hasOwn(sharedErrors, code);
}
