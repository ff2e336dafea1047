import { expect, test } from "vitest";
import { cacheEntries, unexportedCaches } from "./cache-entries.ts";

test("caches in their three forms", () => {
  const from = ["ghcr.io/acme/cache:main", "type=gha,scope=main", { type: "local", src: "/cache" }];
  expect(cacheEntries({ from }, { registryCache: true })).toEqual({
    cacheFrom: [
      { type: "registry", attrs: { ref: "ghcr.io/acme/cache:main" } },
      { type: "gha", attrs: { scope: "main" } },
      { type: "local", attrs: { src: "/cache" } },
    ],
  });
});

test("a cache that cannot be exported fails no build, unless it is required", () => {
  const to = ["ghcr.io/acme/cache", "type=inline"];
  expect(cacheEntries({ to }, { registryCache: true }).cacheTo).toEqual([
    { type: "registry", attrs: { mode: "max", "ignore-error": "true", ref: "ghcr.io/acme/cache" } },
    { type: "inline", attrs: {} },
  ]);
  expect(cacheEntries({ to, required: true, mode: "min" }, { registryCache: true }).cacheTo?.[0]?.attrs).toEqual({
    mode: "min",
    ref: "ghcr.io/acme/cache",
  });
  expect(cacheEntries({ to }, { registryCache: false }).cacheTo).toEqual([{ type: "inline", attrs: {} }]);
  expect(unexportedCaches({ to }, { registryCache: false })).toEqual(["registry"]);
  expect(unexportedCaches({ to }, { registryCache: true })).toEqual([]);
});
