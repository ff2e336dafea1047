/** A package set, by the hash of its tree: nixpkgs, or something with the same attributes. */
export type NixPin = (
  | { readonly url: string /** Of a tarball with one folder at its top, such as those of GitHub. */ }
  | { readonly path: string /** Absolute folder of this machine. */ }
) & {
  /** NAR hash of the unpacked tree: `sha256-…=`. `imagespec nix pin` computes it. */
  readonly sha256: string;
  /** The oldest Nix that evaluates it. @default "2.3" */
  readonly minNix?: string;
  /** Version of its C library, which decides what wheels are taken. @default "2.34" */
  readonly glibc?: string;
};

/** What a Debian package is called in the package set. */
export interface NixAttribute {
  /** `libGL`, `xorg.libX11` */
  readonly attribute: string;
  /** Programs are linked into `/usr/local/bin`; libraries are found by wheels. @default "program" */
  readonly kind?: "program" | "library";
}

/** Options that change the image. A spec may give them by `builderOptions`; the configuration gives their defaults. */
export interface NixImageOptions {
  /** @default the pin that the shipped table has for the Python of the spec */
  readonly pin?: NixPin;
  /**
   * Where Python packages come from: the package set, or wheels of a package index with their hashes.
   *
   * @default wheels where the spec has a lock or an index of its own, else nixpkgs
   */
  readonly packages?: "nixpkgs" | "wheels";
  /**
   * Whose interpreter wheels run on. Those for Nix's are patched for its loader.
   *
   * @default the base's where it has one that fits, else Nix's
   */
  readonly python?: "nix" | "base";
  /** Debian package → attribute, beside the shipped map. */
  readonly aptPackages?: Readonly<Record<string, NixAttribute>>;
  /** @default false */
  readonly allowUnfree?: boolean;
  /** @default false */
  readonly allowBroken?: boolean;
  /** Names with versions of packages that may have known vulnerabilities: `openssl-1.1.1w`. @default none */
  readonly permittedInsecurePackages?: readonly string[];
}

/** Options of the builder `nix`. Those that are not {@link NixImageOptions} belong to the machine, and change no image. */
export interface NixBuilderOptions extends NixImageOptions {
  /** Absolute folder of layers, base facts and closures. @default a folder `nix` in the engine's cache */
  readonly cacheFolder?: string;
  /** Absolute folder of the programs of Nix. @default `PATH` */
  readonly nix?: string;
  /** A Nix store: an absolute folder, `daemon`, `local?root=/folder`. @default Nix's own choice */
  readonly store?: string;
  /** URLs of binary caches, in place of those of the machine's configuration. */
  readonly substituters?: readonly string[];
  /** Keys of caches: `cache.nixos.org-1:6NCH…`, in place of those of the machine's configuration. */
  readonly trustedPublicKeys?: readonly string[];
  /** URL of a binary cache that gets what was built. */
  readonly pushTo?: string;
  /** Remote builders, in Nix's own words: `ssh-ng://builder aarch64-linux`. */
  readonly builders?: string;
  /** Builds on this machine at once; 0 forbids them. */
  readonly maxJobs?: number;
  /** How many packages may be built from source for an image; more are refused before the first. @default 10 */
  readonly maxBuilds?: number;
  /** Seconds that one package may take. @default 3600 */
  readonly timeoutSeconds?: number;
  /** Seconds without output after which a package counts as stuck. @default 900 */
  readonly silenceSeconds?: number;
  /** Builds without the sandbox. @default false */
  readonly allowUnsandboxed?: boolean;
  /** Reads the user's own nix.conf too. @default false */
  readonly userConfig?: boolean;
  /** Package index for wheels of specs that name none. @default the one that uv or pip is configured for by environment, else PyPI */
  readonly index?: string;
  /** Path of uv. @default `IMAGESPEC_UV`, else the one on `PATH`, else one that is fetched */
  readonly uv?: string;
  /** Images whose layers are taken when this machine lacks them: `ghcr.io/acme/train:main`. @default some tags of the target repository */
  readonly layersFrom?: readonly string[];
}
