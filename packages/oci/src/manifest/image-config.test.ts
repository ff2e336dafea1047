import { describe, expect, test } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { parseImageConfig, platformOfConfig } from "./image-config.ts";

const minimal = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [digestOf("a")] } };

function parse(changes: object = {}) {
  return parseImageConfig(JSON.stringify({ ...minimal, ...changes }));
}

describe("parseImageConfig", () => {
  test("reads the least and the most", () => {
    expect(parse()).toStrictEqual(minimal);
    const most = {
      architecture: "arm",
      os: "linux",
      variant: "v6",
      "os.version": "1",
      "os.features": ["x"],
      created: "2024-01-02T03:04:05.123456789+01:00",
      author: "a",
      config: {
        User: "1000:1000",
        ExposedPorts: { "80/tcp": {} },
        Env: ["PATH=/bin", "EMPTY="],
        Entrypoint: [],
        Cmd: ["sh"],
        Volumes: { "/data": {} },
        WorkingDir: "/",
        Labels: { a: "b" },
        StopSignal: "SIGINT",
        ArgsEscaped: true,
        OnBuild: ["RUN x"],
        Shell: ["sh", "-c"],
        Healthcheck: { Test: ["NONE"] },
      },
      rootfs: { type: "layers", diff_ids: [digestOf("a"), digestOf("a")] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "x", author: "y", comment: "z", empty_layer: true }, {}],
    };
    expect(parseImageConfig(JSON.stringify(most))).toStrictEqual(most);
  });

  test("reads what Docker writes: null for absent, unknown fields in config kept", () => {
    const { config } = parse({
      container: "abc",
      docker_version: "20.10",
      config: {
        Hostname: "",
        AttachStdin: false,
        Cmd: null,
        Volumes: { "/data": null },
        Labels: null,
        Entrypoint: null,
        OnBuild: null,
        Image: "sha256:x",
        MacAddress: null,
      },
      history: null,
    });
    expect(config).toStrictEqual({
      Hostname: "",
      AttachStdin: false,
      Image: "sha256:x",
      MacAddress: null,
      Volumes: { "/data": {} },
    });
  });

  test("reads an image without layers", () => {
    expect(parse({ rootfs: { type: "layers" } }).rootfs).toEqual({ type: "layers", diff_ids: [] });
  });

  test.each<[name: string, changes: object, message: string, hint: string]>([
    ["no os", { os: undefined }, '"config.os" is missing', "Helm"],
    ["no architecture", { architecture: null }, '"config.architecture" is "null"', "Helm"],
    ["no rootfs", { rootfs: undefined }, '"config.rootfs" is missing', "object"],
    ["another rootfs", { rootfs: { type: "x" } }, '"config.rootfs.type" is "x", not "layers"', "layers"],
    ["a bad diffID", { rootfs: { type: "layers", diff_ids: ["x"] } }, '"config.rootfs.diff_ids[0]" is "x"', "sha256:"],
    ["a bad time", { created: "yesterday" }, '"config.created" is "yesterday"', "RFC 3339"],
    ["a bad time in history", { history: [{ created: "" }] }, '"config.history[0].created" is ""', "RFC 3339"],
    ["a text as Cmd", { config: { Cmd: "sh" } }, '"config.config.Cmd" is "sh", not a list', "list"],
    ["a number in Env", { config: { Env: ["A=1", 2] } }, '"config.config.Env[1]" is "2"', "text"],
    ["a number as label", { config: { Labels: { a: 1 } } }, '"config.config.Labels.a" is "1"', "text"],
    [
      "a text as port",
      { config: { ExposedPorts: { "80/tcp": "x" } } },
      '"config.config.ExposedPorts["80/tcp"]" is "x"',
      "empty object",
    ],
    [
      "a text as empty_layer",
      { history: [{ empty_layer: "true" }] },
      '"config.history[0].empty_layer" is "true"',
      "true or false",
    ],
  ])("refuses %s", (_name, changes, message, hint) => {
    expect(() => parse(changes)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});

test("platformOfConfig is canonical", () => {
  expect(platformOfConfig(parse())).toStrictEqual({ os: "linux", architecture: "amd64" });
  expect(platformOfConfig(parse({ architecture: "arm64", variant: "v8" }))).toStrictEqual({
    os: "linux",
    architecture: "arm64",
  });
  expect(platformOfConfig(parse({ os: "windows", "os.version": "10.0.1.2", "os.features": ["b", "a"] }))).toStrictEqual(
    {
      os: "windows",
      architecture: "amd64",
      "os.version": "10.0.1.2",
      "os.features": ["a", "b"],
    },
  );
});
