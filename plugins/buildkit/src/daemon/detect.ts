import { detectEngineAddress, type EngineAddress, engineAddress } from "@imagespec/core";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";

/** The part of the options that says which daemon is meant, and where the environment that completes it comes from. */
export interface DaemonOptions extends Pick<BuildkitBuilderOptions, "transport" | "host" | "tls" | "builder"> {
  /** @default the environment of this process */
  readonly env?: Environment;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A daemon that may be there. */
export type DaemonCandidate =
  | {
      readonly transport: "grpc";
      /** `either` when only asking tells. */
      readonly kind: "engine" | "buildkitd" | "either";
      readonly address: EngineAddress;
    }
  | { readonly transport: "buildx"; readonly place: BuildxPlace; readonly source: string };

/** Which builder `docker buildx` is to use. */
export type BuildxPlace =
  /** One that it knows by this name. */
  | { readonly kind: "builder"; readonly name: string }
  /** The Engine at an address, or a buildkitd that only buildx can dial, or whichever of both answers. */
  | { readonly kind: "engine" | "buildkitd" | "either"; readonly address: EngineAddress }
  /** The one that it takes by itself; as a fallback only when that is not the Engine that was tried already. */
  | { readonly kind: "own"; readonly isFallback: boolean };

/** The environment of this process, which docker and its helpers run in. */
export function detectEnvironment(env: Environment = process.env): Environment {
  return env;
}

/**
 * The daemons that may be meant, in the order in which they are tried: what the options name, `BUILDKIT_HOST`, the Engine of the
 * environment, the docker context or the usual sockets; then the builder that `docker buildx` would take by itself.
 *
 * What is named by options stands alone: nothing is tried in its place. A transport that cannot reach the address is kept, so that
 * whoever tries it says so.
 *
 * @throws ENGINE_DOWN, CONFIG_INVALID as {@link detectEngineAddress} for a docker context that cannot be used
 */
export function detectCandidates(options: DaemonOptions): readonly DaemonCandidate[] {
  const env = detectEnvironment(options.env);
  const { transport = "auto", builder, host } = options;
  if (builder !== undefined)
    return [{ transport: "buildx", place: { kind: "builder", name: builder }, source: 'option "builder"' }];
  if (host !== undefined) {
    const address = { ...engineAddress(host, env), source: 'option "host"' };
    return [at(address, host.startsWith("ssh://") ? "engine" : "either", transport)];
  }
  const buildkit = env["BUILDKIT_HOST"];
  if (buildkit !== undefined && buildkit !== "") {
    const address = { host: buildkit, certificates: undefined, insecure: false, source: "BUILDKIT_HOST" };
    return [at(address, "buildkitd", transport)];
  }
  const own = (isFallback: boolean): DaemonCandidate => ({
    transport: "buildx",
    place: { kind: "own", isFallback },
    source: "the builder that docker buildx uses",
  });
  if (transport === "buildx") return [own(false)];
  const engine = at(detectEngineAddress(env), "engine", transport);
  return transport === "grpc" || engine.transport === "buildx" ? [engine] : [engine, own(true)];
}

/** Addresses that take more than a connection (`ssh://`, `kube-pod://`, `docker-container://`) are for buildx. */
function at(
  address: EngineAddress,
  kind: "engine" | "buildkitd" | "either",
  transport: "auto" | "grpc" | "buildx",
): DaemonCandidate {
  const isDialable = /^(?:unix|npipe|tcp|https?):\/\//.test(address.host);
  if (transport === "grpc" || (transport === "auto" && isDialable)) return { transport: "grpc", kind, address };
  const place = { kind: kind === "either" && !isDialable ? ("buildkitd" as const) : kind, address };
  return { transport: "buildx", place, source: address.source };
}
