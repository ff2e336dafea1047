import type { Platform } from "@imagespec/oci";

/** What an image must have beside what every image has. Nothing is expected of a field that is not given, where no default is named. */
export interface ContractExpectation {
  /** @default linux/amd64 */
  readonly platform?: Platform;
  /** Value of the label `dev.imagespec.fingerprint`; without it the label only has to be there. */
  readonly fingerprint?: string;
  /** Value of the label `dev.imagespec.contract`; without it the label only has to be there. */
  readonly contract?: string;
  /** Further labels, exactly. */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default "/app" */
  readonly workdir?: string;
  /** The config's user, of a base or a spec that names one; then the user `imagespec` is not looked for. */
  readonly user?: string;
  /** Variables, to the letter. A `PATH` here replaces the rule that the venv comes first. */
  readonly env?: Readonly<Record<string, string>>;
  /** An empty list: the image must have none. */
  readonly entrypoint?: readonly string[];
  /** An empty list: the image must have none. */
  readonly cmd?: readonly string[];
  /** `3.12` */
  readonly pythonVersion?: string;
  /** Whether the venv must have compiled files; otherwise it must have none. @default false */
  readonly bytecode?: boolean;
  /** Whether the venv may have pip, since the user asked for that package. @default false */
  readonly pip?: boolean;
  /** Everything that is installed in the venv: name to version. */
  readonly distributions?: Readonly<Record<string, string>>;
  /** Files of the source: path below the workdir to content. */
  readonly source?: Readonly<Record<string, string | Uint8Array>>;
  /** Files that the workdir must not have, such as ignored ones: paths below it. */
  readonly absent?: readonly string[];
  /** Seconds since the epoch that the config, the venv and the workdir must carry. */
  readonly epoch?: number;
}

/** A way in which an image breaks the contract. */
export interface ContractViolation {
  /** What was checked, for ever the same word: `venv-owner`, `env`. */
  readonly rule: string;
  readonly message: string;
}
