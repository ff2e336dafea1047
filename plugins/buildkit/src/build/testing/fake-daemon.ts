import type { BuildkitDaemon, DaemonFeatures, SolveResult, SolveWork } from "../../daemon/daemon.ts";

export const modernFeatures: DaemonFeatures = {
  dialect: "modern",
  directPush: true,
  ociExport: true,
  multiPlatform: true,
  registryCache: true,
  rewriteTimestamp: true,
  store: "buildkit",
};

export const graphDriverFeatures: DaemonFeatures = {
  dialect: "base",
  directPush: false,
  ociExport: false,
  multiPlatform: false,
  registryCache: false,
  rewriteTimestamp: false,
  store: "graphdriver",
};

/** A daemon whose builds are a function. */
export function fakeDaemon(
  solve: (work: SolveWork) => Promise<SolveResult>,
  more: Partial<BuildkitDaemon> = {},
): BuildkitDaemon {
  return {
    kind: "buildkitd",
    address: "tcp://build.example:1234",
    version: "v0.34.2",
    features: modernFeatures,
    platforms: ["linux/amd64"],
    engine: undefined,
    solve,
    [Symbol.asyncDispose]: async () => undefined,
    ...more,
  };
}
