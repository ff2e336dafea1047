import { readIndexOption } from "@imagespec/core";
import { expect, test } from "vitest";
import { assertOptions } from "./builder-options.ts";
import type { BuildkitBuilderOptions } from "./buildkit-builder-options.ts";

test.each<BuildkitBuilderOptions>([
  {},
  { host: "unix:///run/buildkit/buildkitd.sock" },
  { host: "ssh://me@build.example" },
  { hosts: ["tcp://one:1234", "tcp://two:1234"], tls: { ca: "/etc/ca.pem", serverName: "builders" } },
  { builder: "cluster", transport: "buildx" },
  { cache: { from: ["ghcr.io/acme/cache"] }, compression: "zstd", compressionLevel: 3, network: "none" },
])("takes %j", (options) => {
  expect(() => assertOptions(options)).not.toThrow();
});

test.each<[string, unknown]>([
  ["transport", { transport: "ssh" }],
  ["compression", { compression: "xz" }],
  ["dialect", { dialect: "old" }],
  ["network", { network: "bridge" }],
  ["host", { host: "build.example" }],
  ["hosts", { hosts: ["tcp://one:1234", "two"] }],
  ["hosts", { hosts: [] }],
  ["hosts", { host: "tcp://one:1234", hosts: ["tcp://two:1234"] }],
  ["builder", { host: "tcp://one:1234", builder: "cluster" }],
  ["transport", { builder: "cluster", transport: "grpc" }],
  ["stallTimeoutMs", { stallTimeoutMs: 0 }],
  ["compressionLevel", { compressionLevel: 1.5 }],
  ["cacheFolder", { cacheFolder: "cache" }],
  ["ca", { tls: { ca: "ca.pem" } }],
])("refuses option %s of %j", (name, options) => {
  expect(() => assertOptions(options as BuildkitBuilderOptions)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(`option "${name}"`) }),
  );
});

test("a spec may give the index, without a login, and nothing that belongs to a machine", () => {
  expect(readIndexOption("buildkit", { index: "https://example.org/simple" })).toEqual({
    options: { index: "https://example.org/simple" },
    problems: [],
  });
  const { problems } = readIndexOption("buildkit", {
    index: "https://me:secret@example.org/simple",
    host: "unix:///x",
  });
  expect(problems).toMatchObject([
    { path: "builderOptions.index", message: expect.not.stringContaining("secret") },
    { path: "builderOptions.host", code: "SPEC_UNKNOWN_FIELD" },
  ]);
});
