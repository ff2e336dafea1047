import type { DaemonFeatures } from "./daemon.ts";

/** What is known of a daemon once it was asked. */
export interface DaemonFacts {
  readonly kind: "engine" | "buildkitd";
  /** Of the Engine (`28.5.2+dfsg4`) or of buildkitd (`v0.34.2`); empty when it does not say. */
  readonly version: string;
  /** An Engine with the containerd image store; a buildkitd has a store of its own. */
  readonly hasContainerdStore: boolean;
}

/**
 * What a daemon of this version and store can do.
 *
 * A graph driver ignores `push=true` without a word and knows neither registry caches nor several platforms. Engines have
 * BuildKit 0.10, and with it `COPY --link`, from 23.0 on. `rewrite-timestamp` came with BuildKit 0.13 and cannot be combined with
 * unpacking, which Engines with the containerd store can only be told to leave out (`unpack=false`) from 29 on.
 */
export function daemonFeatures({ kind, version, hasContainerdStore }: DaemonFacts): DaemonFeatures {
  const release = parseRelease(version);
  if (kind === "buildkitd") {
    return {
      dialect: isAtLeast(release, [0, 10]) ? "modern" : "base",
      rewriteTimestamp: isAtLeast(release, [0, 13]),
      ...abilities(true),
      store: "buildkit",
    };
  }
  return {
    dialect: isAtLeast(release, [23, 0]) ? "modern" : "base",
    rewriteTimestamp: hasContainerdStore && isAtLeast(release, [29, 0]),
    ...abilities(hasContainerdStore),
    store: hasContainerdStore ? "containerd" : "graphdriver",
  };
}

function abilities(
  hasStore: boolean,
): Pick<DaemonFeatures, "directPush" | "ociExport" | "multiPlatform" | "registryCache"> {
  return { directPush: hasStore, ociExport: hasStore, multiPlatform: hasStore, registryCache: hasStore };
}

/** Major and minor of `28.5.2+dfsg4` or `v0.34.2-rc1`; `undefined` for builds without a number, such as `dev`. */
export function parseRelease(version: string): readonly [number, number] | undefined {
  const parts = /^v?(\d+)\.(\d+)/.exec(version);
  return parts === null ? undefined : [Number(parts[1]), Number(parts[2])];
}

/** Whether a release is another one or later; one that is not known counts as old. */
function isAtLeast(release: readonly [number, number] | undefined, [major, minor]: readonly [number, number]): boolean {
  if (release === undefined) return false;
  return release[0] > major || (release[0] === major && release[1] >= minor);
}
