/** A wheel that was chosen for one platform and Python. */
export interface ResolvedWheel {
  readonly filename: string;
  readonly url: string;
  /** Bytes, when the index says so. */
  readonly size: number | undefined;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What a distribution without a wheel is built from. */
export type ResolvedSdist =
  | {
      readonly kind: "archive";
      readonly filename: string;
      /** `file:` for one on this machine. */
      readonly url: string;
      /** Bytes, when the index says so. */
      readonly size: number | undefined;
      /** Lower-case hex. */
      readonly sha256: string;
      /** Folder in the archive that holds the project. */
      readonly subdirectory: string | undefined;
    }
  | {
      readonly kind: "git";
      /** `https://…` or `ssh://…`, without `git+` and without a login. */
      readonly url: string;
      /** The full id of the commit. */
      readonly commit: string;
      /** Folder in the repository that holds the project. */
      readonly subdirectory: string | undefined;
    };

export interface WheelDistribution {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  readonly wheel: ResolvedWheel;
  readonly sdist?: undefined;
}

/** Only in answers to those who ask for `sdists`. */
export interface SourceDistribution {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** Empty where it shows only when the distribution is built, as for a git repository (PEP 751). */
  readonly version: string;
  readonly wheel?: undefined;
  readonly sdist: ResolvedSdist;
}

export type ResolvedDistribution = WheelDistribution | SourceDistribution;

export interface PackageResolution {
  /** Sorted by name. */
  readonly distributions: readonly ResolvedDistribution[];
  /** The resolution as a PEP 751 document. */
  readonly pylock: string;
}

/** The interpreter and C library that wheels must fit. */
export interface TargetEnvironment {
  /** `os/arch[/variant]` */
  readonly platform: string;
  /** `3.12` or `3.12.4` */
  readonly pythonVersion: string;
  readonly libc: { readonly kind: "glibc" | "musl" /** `2.36` */; readonly version: string };
}
