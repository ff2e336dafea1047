import { expect, test } from "vitest";
import { createSolveRequest } from "./solve-request.ts";

const ids = { ref: "r", session: "s" };

test("a plain build", () => {
  expect(createSolveRequest({ platform: "linux/amd64", exporter: { kind: "none" } }, ids, "moby")).toEqual({
    Ref: "r",
    Session: "s",
    Frontend: "dockerfile.v0",
    FrontendAttrs: { filename: "Dockerfile", platform: "linux/amd64", "image-resolve-mode": "local" },
    ExporterDeprecated: "",
    ExporterAttrsDeprecated: {},
    Exporters: [],
    Cache: { Exports: [], Imports: [] },
    Entitlements: [],
    Internal: true,
  });
});

test("everything that can be asked for", () => {
  const request = createSolveRequest(
    {
      platform: "linux/arm64/v8",
      exporter: { kind: "push", name: "registry/name", insecure: true, attrs: { compression: "zstd" } },
      noCache: true,
      pull: true,
      frontend: "registry/frontend:1",
      network: "host",
      buildArgs: { A: "b=c" },
      cacheFrom: [{ type: "registry", attrs: { ref: "registry/cache" } }],
      cacheTo: [{ type: "inline", attrs: { mode: "max" } }],
    },
    ids,
    "image",
  );
  expect(request).toMatchObject({
    Frontend: "gateway.v0",
    FrontendAttrs: {
      source: "registry/frontend:1",
      cmdline: "registry/frontend:1",
      "image-resolve-mode": "pull",
      "force-network-mode": "host",
      "no-cache": "",
      "build-arg:A": "b=c",
    },
    Entitlements: ["network.host"],
    Cache: { Exports: [{ Type: "inline", Attrs: { mode: "max" } }], Imports: [] },
  });
  expect(JSON.parse(request.FrontendAttrs["cache-imports"] ?? "")).toEqual([
    { Type: "registry", Attrs: { ref: "registry/cache" } },
  ]);
  expect(request.Exporters).toEqual([
    {
      Type: "image",
      Attrs: {
        name: "registry/name",
        push: "true",
        "push-by-digest": "true",
        "name-canonical": "true",
        "oci-mediatypes": "true",
        store: "false",
        unpack: "false",
        "registry.insecure": "true",
        compression: "zstd",
      },
    },
  ]);
  expect(request.ExporterAttrsDeprecated).toEqual(request.Exporters[0]?.Attrs);
  expect(request.ExporterDeprecated).toBe("image");
});

test("an Engine keeps what it pushes under a tag, and only that", () => {
  const push = { kind: "push", name: "registry/name", insecure: false } as const;
  const work = { platform: "linux/amd64", exporter: { ...push, tag: "t" } };
  expect(createSolveRequest(work, ids, "moby").Exporters).toEqual([
    { Type: "moby", Attrs: { name: "registry/name:t", push: "true", "oci-mediatypes": "true" } },
  ]);
  expect(createSolveRequest({ ...work, exporter: push }, ids, "moby").Exporters).toMatchObject([
    { Type: "image", Attrs: { name: "registry/name", "push-by-digest": "true", store: "false" } },
  ]);
});

test("archives and images of the Engine", () => {
  const of = (exporter: Parameters<typeof createSolveRequest>[0]["exporter"]) =>
    createSolveRequest({ platform: "linux/amd64", exporter }, ids, "moby").Exporters;
  expect(of({ kind: "oci", receive: () => Promise.resolve() })).toEqual([
    { Type: "oci", Attrs: { "oci-mediatypes": "true" } },
  ]);
  expect(of({ kind: "engine", name: "a:b" })).toEqual([
    { Type: "moby", Attrs: { name: "a:b", "oci-mediatypes": "true" } },
  ]);
});
