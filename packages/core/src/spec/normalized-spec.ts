import type {
  CommandPhase,
  DebianSuite,
  ImageProfile,
  SecretSource,
  SecretStep,
  SourceCopyMode,
} from "./image-spec-input.ts";
import type { Json } from "./json.ts";
import type { SecretValue } from "./secret-value.ts";

export type RequirementsKind = "requirements" | "pylock" | "uv-lock" | "poetry-lock";

export interface NormalizedRequirements {
  readonly kind: RequirementsKind;
  readonly file: string;
  readonly groups: readonly string[];
  readonly extras: readonly string[];
}

export interface NormalizedCommand {
  readonly run: string;
  readonly after: CommandPhase;
  readonly secrets: readonly string[];
}

export interface NormalizedCopy {
  readonly from: string;
  /** Absolute path in the image. */
  readonly to: string;
}

export interface NormalizedSecret {
  readonly id: string;
  /** `value`: credentials that stood in a URL of the spec. */
  readonly from: SecretSource | { readonly value: SecretValue };
  readonly steps: readonly SecretStep[];
  readonly target: string;
  readonly cacheBust: string | undefined;
}

/** `index`: credentials for the package index with this origin (`https://host[:port]`), by secret id. */
export interface IndexCredential {
  readonly origin: string;
  readonly secret: string;
}

export type NormalizedBase =
  | { readonly kind: "reference" /** Canonical. */; readonly reference: string }
  | {
      readonly kind: "oci-layout" /** Folder or archive file, relative to the root. */;
      readonly path: string;
      readonly name: string | undefined;
    }
  | { readonly kind: "scratch" }
  | { readonly kind: "debian"; readonly suite: DebianSuite }
  | { readonly kind: "spec"; readonly spec: NormalizedImageSpec };

/**
 * A spec with every default explicit, what has no order sorted (`aptPackages`, `platforms`, keys), and what has one kept
 * (`packages`, `commands`, `copy`). Plain, deeply frozen data; normalising it again changes nothing.
 */
export interface NormalizedImageSpec {
  /** Of the image contract and the defaults. */
  readonly contract: 1;
  readonly name: string | undefined;
  readonly registry: string | undefined;
  readonly tagFormat: string | undefined;
  /** `undefined`: the base's own. */
  readonly pythonVersion: string | undefined;
  readonly pythonExec: string | undefined;
  readonly builder: string | undefined;
  readonly builderOptions: Readonly<Record<string, Json>>;
  readonly base: NormalizedBase;
  readonly packages: readonly string[];
  readonly requirements: NormalizedRequirements | undefined;
  /** Without credentials. */
  readonly pipIndex: string | undefined;
  readonly pipExtraIndexUrl: readonly string[];
  readonly indexCredentials: readonly IndexCredential[];
  readonly pipExtraArgs: readonly string[];
  /** RFC 3339 time. */
  readonly excludeNewer: string | undefined;
  readonly condaPackages: readonly string[];
  readonly condaChannels: readonly string[];
  readonly aptPackages: readonly string[];
  readonly cuda: string | undefined;
  readonly cudnn: string | undefined;
  readonly commands: readonly NormalizedCommand[];
  /** Keys sorted. */
  readonly env: Readonly<Record<string, string>>;
  /** `undefined`: inherited from the base. */
  readonly entrypoint: readonly string[] | undefined;
  readonly cmd: readonly string[] | undefined;
  /** `undefined`: the contract's rule. */
  readonly user: string | undefined;
  readonly workdir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly sourceRoot: string | undefined;
  readonly sourceCopyMode: SourceCopyMode;
  readonly copy: readonly NormalizedCopy[];
  readonly runtimePackages: readonly string[];
  readonly bytecode: boolean;
  readonly profile: ImageProfile;
  /** Canonical, sorted, at least one. */
  readonly platforms: readonly string[];
  readonly registryConfig: string | undefined;
  readonly secrets: readonly NormalizedSecret[];
}
