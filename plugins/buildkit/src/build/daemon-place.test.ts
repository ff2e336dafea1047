import { expect, test } from "vitest";
import { sharesLoopback } from "./daemon-place.ts";

test.each([
  ["unix:///run/docker.sock", true],
  ["tcp://127.0.0.1:1234", true],
  ["tcp://localhost:1234", true],
  ["tcp://[::1]:1234", true],
  ["tcp://127.0.0.1.example:1234", false],
  ["tcp://build.example:1234", false],
  ["unix:///home/me/.docker/desktop/docker.sock", false],
])("%s shares this machine's loopback: %s", (address, expected) => {
  expect(sharesLoopback({ kind: "engine", address }, "linux")).toBe(expected);
});

test("engines of other systems are virtual machines, and buildx leads anywhere", () => {
  expect(sharesLoopback({ kind: "engine", address: "unix:///run/docker.sock" }, "darwin")).toBe(false);
  expect(sharesLoopback({ kind: "buildx", address: "unix:///run/docker.sock" }, "linux")).toBe(false);
});
