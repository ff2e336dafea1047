/** A wheel that was chosen for one platform and Python. */
export interface ResolvedWheel {
  readonly filename: string;
  readonly url: string;
  /** Bytes, when the index says so. */
  readonly size: number | undefined;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface ResolvedDistribution {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly version: string;
  readonly wheel: ResolvedWheel;
}

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
