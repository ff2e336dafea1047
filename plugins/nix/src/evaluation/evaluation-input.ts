import type { NixImageOptions, NixPin } from "../options/nix-builder-options.ts";

/** Names of nested attributes, from the package set on. */
export type AttributePath = readonly string[];

/** A Python package that is looked up. */
export interface AskedPackage {
  readonly candidates: readonly AttributePath[];
  readonly extras: readonly string[];
}

/** `shell`, `env` and `certificates` are what an image without a base lacks. */
export type SystemRole = "program" | "library" | "shell" | "env" | "certificates";

/** Something else that is looked up: the first of its names that the set has. */
export interface AskedSystemPackage {
  readonly name: string;
  readonly role: SystemRole;
  readonly candidates: readonly AttributePath[];
}

/** A wheel to be patched. */
export interface AskedWheel {
  readonly name: string;
  readonly filename: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Names of store paths. */
  readonly storeName: string;
  readonly outputName: string;
}

/** What nix/evaluate.nix reads: the one way of data into Nix. */
export interface EvaluationInput {
  readonly pin:
    | { readonly kind: "tarball"; readonly url: string; readonly sha256: string }
    | { readonly kind: "path"; readonly path: string; readonly sha256: string };
  readonly config: Readonly<Record<string, unknown>>;
  /** Of the image, in Nix's words. */
  readonly system: string;
  /** Of this machine. */
  readonly buildSystem: string;
  /** `3.12`; nothing for an image without Python of Nix. */
  readonly python: string | null;
  readonly packages: readonly AskedPackage[];
  readonly systemPackages: readonly AskedSystemPackage[];
  readonly wheels: readonly AskedWheel[];
  /** Libraries that wheels expect on every machine (PEP 600). */
  readonly wheelLibraries: readonly AttributePath[];
}

/** The part of the input that says which package set, and what of it may be used. */
export function packageSetInput(pin: NixPin, options: NixImageOptions): Pick<EvaluationInput, "pin" | "config"> {
  const { allowUnfree = false, allowBroken = false, permittedInsecurePackages = [] } = options;
  const { sha256 } = pin;
  return {
    pin: "path" in pin ? { kind: "path", path: pin.path, sha256 } : { kind: "tarball", url: pin.url, sha256 },
    // Without it nixpkgs would read the user's own configuration.
    config: { allowUnfree, allowBroken, permittedInsecurePackages },
  };
}

const systems: Readonly<Record<string, string>> = { "linux/amd64": "x86_64-linux", "linux/arm64": "aarch64-linux" };

/** A platform in Nix's words; nothing for one that nixpkgs has no packages for. */
export function nixSystem(platform: string): string | undefined {
  return Object.hasOwn(systems, platform) ? systems[platform] : undefined;
}

/** What manylinux wheels may expect of a machine, in nixpkgs' words. */
export const wheelLibraries: readonly AttributePath[] = [
  ["stdenv", "cc", "cc", "lib"],
  ["zlib"],
  ["glib"],
  ["libGL"],
  ["xorg", "libX11"],
  ["xorg", "libXext"],
  ["xorg", "libXrender"],
  ["xorg", "libSM"],
  ["xorg", "libICE"],
  ["expat"],
];

/** A text as part of a store path's name, which knows few characters and 211 of them. */
export function storeName(text: string): string {
  return text
    .replace(/[^\w.+?=-]/g, "_")
    .replace(/^\.+/, "_")
    .slice(0, 160);
}
