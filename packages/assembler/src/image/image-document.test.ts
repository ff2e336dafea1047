import type { ContainerConfig, ImageConfig } from "@imagespec/oci";
import { digestOf, mediaTypes, parseImageConfig, parseImageManifest } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { containerConfig, imageDocuments } from "./image-document.ts";
import { inheritedLayer } from "./layer-descriptor.ts";

const spec = {
  env: {},
  entrypoint: undefined,
  cmd: undefined,
  labels: {},
  workdir: "/app",
  profile: "imagespec",
} as const;
const options = { user: "imagespec", venv: true, env: { IMAGESPEC_ID: "id" }, labels: { fingerprint: "f" } };
const base: ContainerConfig = {
  Env: ["PATH=/usr/local/bin:/opt/venv/bin:/usr/bin", "LANG=C.UTF-8", "A=1"],
  Entrypoint: ["tini"],
  Cmd: ["python3"],
  Labels: { fingerprint: "base", kept: "yes" },
  ExposedPorts: { "80/tcp": {} },
  OnBuild: ["RUN x"],
};

test("inherits as FROM does", () => {
  expect(containerConfig(spec, base, options)).toEqual({
    User: "imagespec",
    WorkingDir: "/app",
    Env: [
      "PATH=/opt/venv/bin:/usr/local/bin:/usr/bin",
      "LANG=C.UTF-8",
      "A=1",
      "VIRTUAL_ENV=/opt/venv",
      "IMAGESPEC_ID=id",
    ],
    Entrypoint: ["tini"],
    Cmd: ["python3"],
    Labels: { fingerprint: "f", kept: "yes" },
    ExposedPorts: { "80/tcp": {} },
  });
});

test("values of env arrive verbatim and win", () => {
  const env = { A: "x='$y \"z=\n\\", PATH: "/mine", B: "" };
  expect(containerConfig({ ...spec, env }, base, options).Env).toEqual([
    "PATH=/mine",
    "LANG=C.UTF-8",
    "A=x='$y \"z=\n\\",
    "VIRTUAL_ENV=/opt/venv",
    "B=",
    "IMAGESPEC_ID=id",
  ]);
});

test("the profile flytekit has that project's variables, and folders last on PATH", () => {
  const with_: ContainerConfig = { Env: ["PATH=/usr/bin:/usr/local/cuda/bin", "LD_LIBRARY_PATH=/own"] };
  const env = { PYTHONPATH: "/mine" };
  const { Env } = containerConfig({ ...spec, env, profile: "flytekit", workdir: "/root" }, with_, options);
  expect(Env).toEqual([
    "PATH=/opt/venv/bin:/usr/bin:/usr/local/nvidia/bin:/usr/local/cuda/bin",
    "LD_LIBRARY_PATH=/usr/local/nvidia/lib64:/own",
    "VIRTUAL_ENV=/opt/venv",
    "UV_PYTHON=/opt/venv/bin/python",
    "UV_COMPILE_BYTECODE=1",
    "UV_LINK_MODE=copy",
    "FLYTE_SDK_RICH_TRACEBACKS=0",
    "SSL_CERT_DIR=/etc/ssl/certs",
    "PYTHONPATH=/mine",
    "IMAGESPEC_ID=id",
  ]);
});

describe("entrypoint and cmd", () => {
  test.each<[string, object, readonly string[] | undefined, readonly string[] | undefined]>([
    ["a new entrypoint clears the base's cmd", { entrypoint: ["a"] }, ["a"], undefined],
    ["an empty one clears both", { entrypoint: [] }, undefined, undefined],
    ["a new cmd goes to the base's entrypoint", { cmd: ["b"] }, ["tini"], ["b"]],
    ["an empty cmd clears the base's", { cmd: [] }, ["tini"], undefined],
    ["both", { entrypoint: ["a"], cmd: ["b"] }, ["a"], ["b"]],
  ])("%s", (_, change, entrypoint, cmd) => {
    const { Entrypoint, Cmd } = containerConfig({ ...spec, ...change }, base, options);
    expect([Entrypoint, Cmd]).toEqual([entrypoint, cmd]);
  });
});

test("an image without Python gets no environment of it", () => {
  const { Env } = containerConfig(spec, {}, { ...options, venv: false });
  expect(Env).toEqual(["IMAGESPEC_ID=id"]);
});

const layer = (text: string, mediaType: string = mediaTypes.ociLayerGzip) => ({
  mediaType,
  digest: digestOf(text),
  size: text.length,
});

function documents(history: ImageConfig["history"], count = 2) {
  const names = Array.from({ length: count }, (_, index) => `base${index}`);
  const config: ImageConfig = {
    architecture: "arm64",
    os: "linux",
    variant: "v8",
    rootfs: { type: "layers", diff_ids: names.map((name) => digestOf(name)) },
    ...(history === undefined ? {} : { history }),
  };
  const made = imageDocuments({
    platform: "linux/arm64",
    base: { config, layers: names.map((name) => inheritedLayer(layer(name, mediaTypes.dockerLayer))) },
    layers: [{ descriptor: layer("own"), diffId: digestOf("plain"), comment: "source" }],
    config: {},
  });
  return { config: parseImageConfig(made.config.bytes), manifest: parseImageManifest(made.manifest.bytes) };
}

test("stands on a Docker base with OCI types and the same digests", () => {
  const { config, manifest } = documents([
    { created_by: "a" },
    { created_by: "b" },
    { created_by: "env", empty_layer: true },
  ]);
  expect(manifest.mediaType).toBe(mediaTypes.ociManifest);
  expect(manifest.config.mediaType).toBe(mediaTypes.ociConfig);
  expect(manifest.layers).toEqual([layer("base0"), layer("base1"), layer("own")]);
  expect(config.rootfs.diff_ids).toHaveLength(3);
  expect(config.history?.map(({ created_by: by }) => by)).toEqual(["a", "b", "env", "imagespec source"]);
  expect(config).toMatchObject({ architecture: "arm64", variant: "v8", created: "1970-01-01T00:00:00Z" });
});

test.each<[string, ImageConfig["history"]]>([
  ["no history", undefined],
  ["a history that does not match", [{ created_by: "squashed" }]],
])("a base with %s", (_, history) => {
  expect(documents(history).config.history?.filter(({ empty_layer: isEmpty }) => isEmpty !== true)).toHaveLength(3);
});

test("foreign layers keep their addresses", () => {
  const foreign = { ...layer("x", mediaTypes.dockerForeignLayer), urls: ["https://example.org/x"] };
  expect(inheritedLayer(foreign)).toEqual({ ...foreign, mediaType: mediaTypes.ociNondistributableLayerGzip });
});

test("refuses a base that is no container image", () => {
  expect(() => inheritedLayer(layer("x", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"))).toThrow(
    expect.objectContaining({ code: "BASE_UNSUPPORTED" }),
  );
});
