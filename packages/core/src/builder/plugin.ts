import type { RegistryProvider } from "@imagespec/registry-client";
import type { ImageSpecBuilder } from "./builder.ts";

/** A sub-command that a plugin adds to the command by its `./cli` export. */
export interface CliCommand {
  /** `aws`, `nix`: the first word after `imagespec`. */
  readonly name: string;
  readonly summary: string;
  /** Complete help text. */
  readonly help: string;
  run(argv: readonly string[], context: CliContext): Promise<number>;
}

export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly signal: AbortSignal;
  /** Options of the plugin's builder from the configuration file. */
  readonly options: unknown;
}

export type DoctorFinding =
  | { readonly status: "ok"; readonly message: string }
  | {
      readonly status: "warning" | "error";
      readonly message: string /** Starts with a verb. */;
      readonly hint: string;
    };

export interface DoctorCheck {
  readonly name: string;
  run(context: CliContext): Promise<readonly DoctorFinding[]>;
}

/** The `cli` export of a plugin's `./cli`. */
export interface CliPlugin {
  readonly commands: readonly CliCommand[];
  readonly doctor: readonly DoctorCheck[];
}

/** The `imagespec` field of a plugin's package.json. */
export interface PluginManifest {
  readonly contract: number;
  /** Builder name → name of the factory among the exports of `"."`. */
  readonly builders: Readonly<Record<string, string>>;
  readonly register?: string;
  readonly cli?: string;
  /** Such as `./registries`: exports `registries`, a {@link RegistriesFactory}. For every command that talks to registries. */
  readonly registries?: string;
}

/** Makes what a plugin knows of registries; `options` are those of its builder in the configuration file. */
export type RegistriesFactory = (options?: never) => readonly RegistryProvider[];

/** A factory as a plugin exports it from `"."`. */
export type BuilderFactory = (options?: never) => ImageSpecBuilder;
