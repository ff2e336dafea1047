import { expect, it } from "vitest";
import { detectCandidates } from "./detect.ts";

// A folder that does not exist stands for a docker configuration that nobody made.
const env = { DOCKER_CONFIG: "/nowhere" };

const summary = (options: Parameters<typeof detectCandidates>[0]) =>
  detectCandidates({ env, ...options }).map((candidate) =>
    candidate.transport === "grpc"
      ? `grpc ${candidate.kind} ${candidate.address.host} (${candidate.address.source})`
      : `buildx ${candidate.place.kind} ${"address" in candidate.place ? candidate.place.address.host : ""}`.trimEnd(),
  );

it.each([
  ["a builder of buildx", { builder: "cloud" }, ["buildx builder"]],
  ["an address", { host: "tcp://h:1234" }, ['grpc either tcp://h:1234 (option "host")']],
  ["an address for buildx", { host: "tcp://h:1", transport: "buildx" }, ["buildx either tcp://h:1"]],
  ["an engine behind ssh", { host: "ssh://me@h" }, ["buildx engine ssh://me@h"]],
  ["a pod", { host: "kube-pod://b" }, ["buildx buildkitd kube-pod://b"]],
  [
    "a pod, but not by buildx",
    { host: "kube-pod://b", transport: "grpc" },
    ['grpc either kube-pod://b (option "host")'],
  ],
  ["buildx", { transport: "buildx" }, ["buildx buildkitd unix:///b"]],
] as const)("options first: %s", (_name, options, expected) => {
  expect(summary({ ...options, env: { ...env, BUILDKIT_HOST: "unix:///b", DOCKER_HOST: "unix:///d" } })).toEqual(
    expected,
  );
});

it("then BUILDKIT_HOST, then the engine, then what buildx has", () => {
  const both = { ...env, DOCKER_HOST: "unix:///d.sock", BUILDKIT_HOST: "unix:///b.sock" };
  expect(summary({ env: both })).toEqual(["grpc buildkitd unix:///b.sock (BUILDKIT_HOST)"]);
  expect(summary({ env: { ...both, BUILDKIT_HOST: "docker-container://b" } })).toEqual([
    "buildx buildkitd docker-container://b",
  ]);
  expect(summary({ env: { ...both, BUILDKIT_HOST: "" } })).toEqual([
    "grpc engine unix:///d.sock (DOCKER_HOST)",
    "buildx own",
  ]);
  expect(summary({ env: { ...env, DOCKER_HOST: "unix:///d.sock" }, transport: "grpc" })).toHaveLength(1);
  expect(summary({ env: { ...env, DOCKER_HOST: "unix:///d.sock" }, transport: "buildx" })).toEqual(["buildx own"]);
  expect(summary({ env: { ...env, DOCKER_HOST: "ssh://h" } })).toEqual(["buildx engine ssh://h"]);
});
