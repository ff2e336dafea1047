import { expect, it } from "vitest";
import type { SolveExporter } from "../daemon/daemon.ts";
import { buildArguments } from "./build-arguments.ts";
import { registryHosts } from "./registry-hosts.ts";
import { mountedSecrets } from "./secret-variables.ts";

const place = { builder: "b", folder: "/t/context", metadataFile: "/t/m.json", secrets: ["id=a,env=X"] };

function argumentsFor(exporter: SolveExporter, others: object = {}): string {
  return buildArguments({ sharedKey: "k", platform: "linux/arm64", exporter, ...others }, place).join(" ");
}

it("says everything that buildx would otherwise decide by itself", () => {
  expect(argumentsFor({ kind: "none" })).toBe(
    "buildx build --builder b --progress rawjson --metadata-file /t/m.json --file /t/context/Dockerfile --platform linux/arm64 " +
      "--provenance=false --sbom=false --output type=cacheonly --secret id=a,env=X /t/context",
  );
});

it.each<[SolveExporter, string]>([
  [{ kind: "engine", name: "a:1" }, "--load --tag a:1"],
  [
    { kind: "oci", receive: async () => undefined, attrs: { compression: "zstd" } },
    "--output type=oci,dest=-,compression=zstd",
  ],
  [
    { kind: "push", name: "r.dev/a", insecure: true, attrs: { "annotation.x": "a,b" } },
    '--output type=image,name=r.dev/a,push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true,registry.insecure=true,"annotation.x=a,b"',
  ],
  [
    { kind: "push", name: "r.dev/a", tag: "t", insecure: false },
    "--output type=image,name=r.dev/a:t,push=true,oci-mediatypes=true",
  ],
])("%o", (exporter, expected) => {
  expect(argumentsFor(exporter)).toContain(expected);
});

it("hands caches, arguments and network on", () => {
  const cache = [{ type: "registry", attrs: { ref: "r.dev/c", mode: "max" } }];
  const all = argumentsFor(
    { kind: "none" },
    {
      cacheFrom: cache,
      cacheTo: cache,
      buildArgs: { A: "1 2" },
      frontend: "f:1",
      network: "host",
      noCache: true,
      pull: true,
    },
  );
  for (const part of [
    "--cache-from type=registry,ref=r.dev/c,mode=max --cache-to type=registry,ref=r.dev/c,mode=max",
    "--build-arg A=1 2 --build-arg BUILDKIT_SYNTAX=f:1",
    "--network host --allow network.host --no-cache --pull",
  ]) {
    expect(all).toContain(part);
  }
});

it("finds the secrets and the registries that a Dockerfile names", () => {
  const text = `# syntax=s.dev/frontend:1
FROM --platform=linux/amd64 python:3.12 AS base
FROM localhost:5000/b@sha256:00
COPY --link --from=q.dev/uv:1 /uv /uv
RUN --mount=type=secret,id=token,target=/t --mount=type=bind,from=z.dev/x,target=/x true
RUN --mount=type=secret,target=/t,id=other,required=true --mount=type=secret,id=token true
`;
  expect(mountedSecrets(text)).toEqual(["other", "token"]);
  expect(registryHosts({ text, exporter: { kind: "push", name: "r.dev/a", insecure: false } })).toEqual([
    ...["docker.io", "localhost:5000", "q.dev", "r.dev", "s.dev", "z.dev"],
  ]);
});
