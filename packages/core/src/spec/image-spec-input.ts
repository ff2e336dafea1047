import type { ImageSpec } from "./image-spec.ts";
import type { Json } from "./json.ts";

/** A requirements or lock file: `requirements.txt`, `pylock*.toml`, `uv.lock` or `poetry.lock`, told apart by name. */
export interface RequirementsFile {
  /** Relative to the root folder of the spec. */
  readonly file: string;
  /** Dependency groups of the project to install (lock files only). */
  readonly groups?: readonly string[];
  /** Extras of the project to install (lock files only). */
  readonly extras?: readonly string[];
}

/** A base image assembled from signed Debian packages instead of pulled from a registry. */
export interface DebianBase {
  readonly debian: DebianSuite;
}

export type DebianSuite = "bookworm" | "trixie";

/** When a command runs. */
export type CommandPhase = "system" | "packages" | "source";

export interface CommandInput {
  /** A shell command line, run as root. */
  readonly run: string;
  /** The phase it runs after. @default "packages" */
  readonly after?: CommandPhase;
  /** Ids of {@link SecretInput}s that this command sees. */
  readonly secrets?: readonly string[];
}

export interface CopyEntry {
  /** File or folder, relative to the root folder of the spec; never outside of it. */
  readonly from: string;
  /** Destination; relative ones are in the workdir. @default the same relative path as `from` */
  readonly to?: string;
}

export type SourceCopyMode = "none" | "all" | "loaded-modules";

/** Where the value of a secret is found. It is read at the last moment, or never when the builder can hand the reference on. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly aws: string }
  | { readonly google: string };

/** The step that may see a secret: the package installation, every command, or one command by position. */
export type SecretStep = "packages" | "commands" | `commands[${number}]`;

export interface SecretInput {
  /** Stable name; part of the build steps, never of the fingerprint. */
  readonly id: string;
  readonly from: SecretSource;
  /** @default ["packages", "commands"] */
  readonly steps?: readonly SecretStep[];
  /** Path at which the value is mounted. @default "/run/secrets/<id>" */
  readonly target?: string;
  /** Enters the fingerprint: change it to have the steps run again. */
  readonly cacheBust?: string;
}

/** `imagespec`: the layout of docs/reference/image-contract.md. `flytekit`: that project's layout. */
export type ImageProfile = "imagespec" | "flytekit";

/** Every field is optional; `docs/reference/image-spec.md` describes each. Paths are relative to the root folder of the spec. */
export interface ImageSpecInput {
  /** Repository path, `acme/train`. Needed to push to a registry. Location: not part of the fingerprint. */
  readonly name?: string;
  /** Registry host, with an optional path prefix: `registry.acme.dev`, `localhost:5000/team`. Location. */
  readonly registry?: string;
  /** Tag pattern with `{fingerprint}` (or `{spec_hash}`). Location. @default the tag of architecture's fingerprint rule */
  readonly tagFormat?: string;
  /** `"3.12"` or a patch version. @default with a named base the base's own, else {@link defaultPythonVersion} */
  readonly pythonVersion?: string;
  /** Path of an interpreter that the base image has; its distributions are visible in the venv and constrain the resolution. */
  readonly pythonExec?: string;
  /** Asks for one builder by name: no other is tried. */
  readonly builder?: string;
  readonly builderOptions?: Readonly<Record<string, Json>>;
  /** A reference, `scratch`, another spec, or `{ debian: "trixie" }`. @default docker.io/library/python:<minor>-slim */
  readonly baseImage?: string | ImageSpec | ImageSpecInput | DebianBase;
  /** PEP 508 requirements. */
  readonly packages?: readonly string[];
  readonly requirements?: string | RequirementsFile;
  /** Package index. Credentials in the URL are split off into a secret. @default https://pypi.org/simple */
  readonly pipIndex?: string;
  readonly pipExtraIndexUrl?: readonly string[];
  /** Further pip options: `--pre`, `--no-binary NAME`, `--find-links URL`, … */
  readonly pipExtraArgs?: string;
  /** `[source file, target path]` pairs mounted for the install step: sugar for `secrets`. */
  readonly pipSecretMounts?: readonly (readonly [string, string])[];
  /** RFC 3339 date or time: no distribution published later is used. */
  readonly excludeNewer?: string;
  readonly condaPackages?: readonly string[];
  readonly condaChannels?: readonly string[];
  readonly aptPackages?: readonly string[];
  readonly cuda?: string;
  readonly cudnn?: string;
  readonly commands?: readonly (string | CommandInput)[];
  /** Verbatim, whatever characters the values hold. */
  readonly env?: Readonly<Record<string, string>>;
  /** `[]` clears the base's. */
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Name, uid, or `user:group`. @default "imagespec" (uid and gid 65532), unless the base has a non-root user */
  readonly user?: string;
  /** Absolute path. @default "/app" */
  readonly workdir?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Folder whose contents land in the workdir. */
  readonly sourceRoot?: string;
  /** @default "all" when `sourceRoot` is given, else "none" */
  readonly sourceCopyMode?: SourceCopyMode;
  readonly copy?: readonly (string | CopyEntry)[];
  /** Installed when a container starts, by the task runner or `imagespec run`. */
  readonly runtimePackages?: readonly string[];
  /** Compiled Python files in the image. @default false */
  readonly bytecode?: boolean;
  /** @default "imagespec" */
  readonly profile?: ImageProfile;
  /** `os/arch[/variant]`, one or several. @default "linux/amd64" */
  readonly platform?: string | readonly string[];
  /** Docker config file to take registry credentials from. Location. */
  readonly registryConfig?: string;
  readonly secrets?: readonly SecretInput[];
}
