import type { PackageResolution, ResolvedImageSpec } from "@imagespec/core";
import type { ContainerConfig } from "@imagespec/oci";
import type { ContextEntry, ContextFile } from "../context/context-entry.ts";
import type { BaseFacts } from "../probe/base-facts.ts";

/** The constructs that a Dockerfile may use: `base` is understood by every BuildKit since Engine 20.10, `modern` by those since Engine 23. */
export type Dialect = "base" | "modern";

/** Everything that a Dockerfile is written from. */
export interface DockerfileInput {
  /** Exactly one platform. */
  readonly spec: ResolvedImageSpec;
  /** `undefined` for `scratch`. */
  readonly base:
    | {
        /** As a daemon can pull it. */
        readonly reference: string;
        readonly config: ContainerConfig;
        readonly facts: BaseFacts;
      }
    | undefined;
  /**
   * What to install; `undefined` without Python packages. Wheels whose size is not known count as small: fill sizes in where
   * the index does not tell them.
   */
  readonly resolution: PackageResolution | undefined;
  /** Labels that the engine adds to the spec's. */
  readonly labels: Readonly<Record<string, string>>;
  /** Environment that the engine adds to the spec's. */
  readonly env: Readonly<Record<string, string>>;
  /** Wheels and source distributions that have `file:` URLs, by URL: they enter the context. @default none */
  readonly files?: ReadonlyMap<string, ContextFile>;
}

export interface DockerfileOptions {
  readonly dialect: Dialect;
  /** Writes `# syntax=…`. @default the frontend that the daemon has */
  readonly frontend?: string;
  /** Where build steps take uv from: a file that is sent with the context, or an image that has it at `/uv`. */
  readonly uv:
    | { readonly from: "context"; readonly file: ContextFile }
    | { readonly from: "image"; readonly reference: string };
  /** Optional secret mounts by which the machine's package index, logins and CA reach build steps without a trace. @default false */
  readonly machineSecrets?: boolean;
  /** Commands get the machine's CA too. @default false */
  readonly ca?: boolean;
}

/** A secret that the text mounts. Those of the machine are optional, those of the spec required. */
export type PlannedSecret = { readonly id: string } & (
  | {
      readonly kind: "spec";
      /** Id in the spec's `secrets`. */
      readonly secret: string;
    }
  | { readonly kind: "uv-config" }
  | { readonly kind: "netrc" }
  | { readonly kind: "ca" }
);

/** The lines of the text that carry out one field of the spec. */
export interface PlannedStep {
  /** Counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** For people: `apt`, `packages numpy`. */
  readonly name: string;
  /** Field path: `packages`, `commands[0]`. */
  readonly field: string;
  /** Names of the distributions that the step installs. */
  readonly members?: readonly string[];
}

export interface DockerfilePlan {
  /** The Dockerfile. */
  readonly text: string;
  readonly dialect: Dialect;
  /** Sorted by path; without the Dockerfile itself. */
  readonly context: readonly ContextEntry[];
  /** Every id that the text mounts. */
  readonly secrets: readonly PlannedSecret[];
  /** In the order of their lines. */
  readonly steps: readonly PlannedStep[];
  /** Build arguments that the text needs: a Dockerfile has no way of writing a line break in a value. Mostly empty. */
  readonly buildArgs: Readonly<Record<string, string>>;
}
