import { expect, it } from "vitest";
import { daemonFeatures, parseRelease } from "./features.ts";

const none = { directPush: false, ociExport: false, multiPlatform: false, registryCache: false };
const all = { directPush: true, ociExport: true, multiPlatform: true, registryCache: true };

it.each([
  ["engine", "20.10.24+dfsg1", false, { dialect: "base", ...none, rewriteTimestamp: false, store: "graphdriver" }],
  ["engine", "23.0.0", false, { dialect: "modern", ...none, rewriteTimestamp: false, store: "graphdriver" }],
  ["engine", "28.5.2+dfsg4", false, { dialect: "modern", ...none, rewriteTimestamp: false, store: "graphdriver" }],
  ["engine", "28.5.2", true, { dialect: "modern", ...all, rewriteTimestamp: false, store: "containerd" }],
  ["engine", "29.0.0-rc.1", true, { dialect: "modern", ...all, rewriteTimestamp: true, store: "containerd" }],
  ["engine", "dev", true, { dialect: "base", ...all, rewriteTimestamp: false, store: "containerd" }],
  ["buildkitd", "v0.34.2", false, { dialect: "modern", ...all, rewriteTimestamp: true, store: "buildkit" }],
  ["buildkitd", "v0.9.3", false, { dialect: "base", ...all, rewriteTimestamp: false, store: "buildkit" }],
  ["buildkitd", "", false, { dialect: "base", ...all, rewriteTimestamp: false, store: "buildkit" }],
] as const)("%s %s, containerd store %s", (kind, version, hasContainerdStore, expected) => {
  expect(daemonFeatures({ kind, version, hasContainerdStore })).toEqual(expected);
});

it("reads releases", () => {
  expect(["1.2", "v0.13.0-rc2", "", "master", "v2"].map(parseRelease)).toEqual([
    [1, 2],
    [0, 13],
    undefined,
    undefined,
    undefined,
  ]);
});
