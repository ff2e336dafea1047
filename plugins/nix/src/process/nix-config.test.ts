import { expect, test } from "vitest";
import { nixConfig, storeRoot } from "./nix-config.ts";
import { isAtLeast } from "./nix-version.ts";

const machine = { env: {}, isRootWithoutBuildUsers: false, system: "x86_64-linux" };

test("the sandbox is on, and nothing falls back to building without it", () => {
  const lines = nixConfig({}, machine).split("\n");
  expect(lines).toContain("sandbox = true");
  expect(lines).toContain("sandbox-fallback = false");
  expect(lines).toContain("require-sigs = true");
  expect(nixConfig({ allowUnsandboxed: true }, machine)).toContain("sandbox = false");
});

test("caches, keys and builders are passed on, and the machine's own stay where none are named", () => {
  expect(nixConfig({}, machine)).not.toMatch(/^(?:substituters|trusted-public-keys|builders|build-users-group) =/m);
  const text = nixConfig(
    {
      substituters: ["https://a", "file:///b"],
      trustedPublicKeys: ["a:1"],
      builders: "ssh-ng://b aarch64-linux",
      maxJobs: 0,
    },
    { ...machine, isRootWithoutBuildUsers: true },
  );
  const own = [
    "substituters = https://a file:///b",
    "trusted-public-keys = a:1",
    "builders = ssh-ng://b aarch64-linux",
    "max-jobs = 0",
    "build-users-group = ",
  ];
  for (const line of own) expect(text.split("\n")).toContain(line);
  expect(nixConfig({ substituters: [] }, machine).split("\n")).toContain("substituters = ");
});

test("where a store is on disk", () => {
  expect(storeRoot(undefined)).toBe("");
  expect(storeRoot("daemon")).toBe("");
  expect(storeRoot("/srv/nix/")).toBe("/srv/nix");
  expect(storeRoot("local?root=/srv/nix")).toBe("/srv/nix");
});

test("versions are compared by number", () => {
  expect(isAtLeast("2.18.1", "2.8")).toBe(true);
  expect(isAtLeast("2.8.0", "2.18")).toBe(false);
  expect(isAtLeast("2.8", "2.8.0")).toBe(true);
  expect(isAtLeast("3.0", "2.99")).toBe(true);
});
