import { expect, it } from "vitest";
import { parseInspect } from "./parse-inspect.ts";

// Printed by buildx 0.29.1.
const remote = `Name:          r1
Driver:        remote
Last Activity: 2026-11-25 17:17:01 +0000 UTC

Nodes:
Name:             r10
Endpoint:         unix:///run/buildkitd.sock
Status:           running
BuildKit version: v0.34.2
Platforms:        linux/amd64*, linux/amd64/v2, linux/386
Labels:
 org.mobyproject.buildkit.worker.executor:         oci
 org.mobyproject.buildkit.worker.snapshotter:      overlayfs
GC Policy rule#0:
 All:            false
`;

it("reads a builder", () => {
  expect(parseInspect(remote)).toEqual({
    name: "r1",
    driver: "remote",
    endpoint: "unix:///run/buildkitd.sock",
    version: "v0.34.2",
    platforms: ["linux/amd64", "linux/amd64/v2", "linux/386"],
    isRunning: true,
    hasStore: true,
    error: undefined,
  });
});

it("reads an Engine with a graph driver, whose BuildKit has no number", () => {
  const engine = `Name:   default
Driver: docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
BuildKit version: v0.0.0+unknown
Platforms:        linux/amd64, linux/386
Labels:
 org.mobyproject.buildkit.worker.moby.host-gateway-ip: 10.209.12.1
`;
  expect(parseInspect(engine)).toMatchObject({ driver: "docker", version: "", hasStore: false });
});

it("takes the first of several nodes, and one that is not started", () => {
  const two = `Name:          farm
Driver:        kubernetes

Nodes:
Name:     a
Endpoint: kube:///farm?deployment=a
Status:   inactive

Name:      b
Endpoint:  kube:///farm?deployment=b
Status:    running
Buildkit:  v0.12.0
Platforms: linux/arm64
`;
  expect(parseInspect(two)).toMatchObject({ driver: "kubernetes", isRunning: false, platforms: [], version: "" });
});

it("reads what is wrong", () => {
  const down = `Name:   default
Driver: 
Error:  Cannot connect to the Docker daemon at unix:///nope.sock. Is the docker daemon running?
`;
  expect(parseInspect(down)).toMatchObject({ driver: "", error: expect.stringMatching(/^Cannot connect/) });
});
