import type { Stack, StackEngineName } from "@imagespec/test-support";
import type { RegistryReader } from "../../shared/registry-reader.ts";
import type { Tokens } from "../auth/create-tokens.ts";
import type { Denials } from "../gate/denials.ts";
import type { SecretManager } from "../secrets/create-secret-manager.ts";
import type { Buckets } from "../storage/create-buckets.ts";

/** What builds are carried out with. */
export interface BuildHost {
  readonly stack: Stack;
  /** @default the stack's first */
  readonly engine?: StackEngineName | undefined;
  readonly buckets: Buckets;
  readonly tokens: Tokens;
  readonly denials: Denials;
  readonly secrets: SecretManager;
  /** `host:port` of the registries whose credentials builds get. */
  readonly registries: readonly string[];
  /** The registry behind a host, past its front. */
  readonly reader: RegistryReader;
  readonly project: string;
  readonly projectNumber: string;
  /** Folder below which builds work. */
  readonly folder: string;
  /** Milliseconds that a second of a time limit takes. */
  readonly secondMs: number;
  /** Milliseconds that a build waits in the queue. */
  readonly queueMs: number;
  /** Milliseconds between two writes of a log. */
  readonly flushMs: number;
}

/** Paths of the engine that builds use. */
export function dockerOf({ stack, engine }: BuildHost): { readonly client: string; readonly host: string } {
  const chosen = engine === undefined ? undefined : stack.engines[engine];
  return { client: chosen?.docker ?? stack.dockerClient, host: chosen?.dockerHost ?? stack.dockerHost };
}
