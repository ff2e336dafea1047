/** In the content of a {@link CondaFixture} this stands for the prefix that the package is installed into. */
export const condaPrefix: string = "/opt/imagespec_placeholder_placeholder_placeholder_placeholder_placeholder_prefix";

/** A file of a {@link CondaFixture}. */
export interface CondaFixtureFile {
  readonly content: string | Uint8Array;
  /** @default 0o644 */
  readonly mode?: number;
}

/** A conda package to be made. */
export interface CondaFixture {
  readonly name: string;
  readonly version: string;
  /** @default "0" */
  readonly build?: string;
  /** @default "conda" */
  readonly format?: "conda" | "tar.bz2";
  /** `python`: for every Python and platform, its modules below `site-packages/`. Absent: for linux-64 alone. */
  readonly noarch?: "python" | "generic";
  /** As conda writes them: `python >=3.12,<3.13.0a0`. */
  readonly depends?: readonly string[];
  /** Path in the package → content; {@link condaPrefix} in a text becomes the installation's prefix. */
  readonly files?: Readonly<Record<string, string | CondaFixtureFile>>;
  /** A folder whose content is in the package too. */
  readonly tree?: string;
  /** Files of the tree in which another prefix was compiled in, which becomes the installation's. */
  readonly treePrefix?: { readonly prefix: string; readonly files: RegExp };
  /** `greet = greeter:main`, of a package that is `noarch: "python"`. */
  readonly entryPoints?: readonly string[];
  /** Milliseconds since 1970, of the upload. @default 1767225600000, the first of January 2026 */
  readonly timestamp?: number;
}

/** `linux-64` or `noarch`. */
export function subdirOf(fixture: CondaFixture): "linux-64" | "noarch" {
  return fixture.noarch === undefined ? "linux-64" : "noarch";
}

/** `greeter-1.1-0.conda` */
export function condaFileName(fixture: CondaFixture): string {
  return `${condaStem(fixture)}.${fixture.format ?? "conda"}`;
}

/** `greeter-1.1-0` */
export function condaStem({ name, version, build = "0" }: CondaFixture): string {
  return `${name}-${version}-${build}`;
}

/** What a package says of itself in `info/index.json`, and a channel in its repodata. */
export function condaIndexRecord(fixture: CondaFixture): Readonly<Record<string, unknown>> {
  const { name, version, build = "0", noarch, depends = [], timestamp = Date.UTC(2026, 0, 1) } = fixture;
  return {
    name,
    version,
    build,
    build_number: Number(/\d+$/.exec(build)?.[0] ?? 0),
    depends,
    license: "MIT",
    subdir: subdirOf(fixture),
    ...(noarch === undefined ? { arch: "x86_64", platform: "linux" } : { noarch }),
    timestamp,
  };
}
