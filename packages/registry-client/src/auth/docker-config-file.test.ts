import { isImageSpecError } from "@imagespec/errors";
import { describe, expect, test } from "vitest";
import { findAuth, findHelper, parseDockerConfigFile } from "./docker-config-file.ts";

const auth = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString("base64") });
const parse = (value: unknown): ReturnType<typeof parseDockerConfigFile> =>
  parseDockerConfigFile(JSON.stringify(value), "/home/ann/.docker/config.json");
const basic = (username: string, password: string): object => ({ kind: "basic", username, password });

describe("auths", () => {
  test("finds Docker Hub under the key that docker login writes", () => {
    const config = parse({ auths: { "https://index.docker.io/v1/": auth("ann:p:w") } });
    expect(findAuth(config, "docker.io", "library/python")).toEqual(basic("ann", "p:w"));
    expect(findAuth(config, "ghcr.io", undefined)).toBeUndefined();
  });

  test.each(["ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/", "ghcr.io/v1/", "GHCR.io"])(
    "knows the key %s",
    (key) => {
      expect(findAuth(parse({ auths: { [key]: auth("ann:pw") } }), "ghcr.io", "a/b")).toEqual(basic("ann", "pw"));
    },
  );

  test("takes the longest of podman's keys by repository", () => {
    const config = parse({
      auths: { "quay.io": auth("host:x"), "quay.io/acme": auth("group:x"), "quay.io/acme/train": auth("one:x") },
    });
    const user = (repository: string): unknown => findAuth(config, "quay.io", repository);
    expect(user("acme/train")).toEqual(basic("one", "x"));
    expect(user("acme/train/deep")).toEqual(basic("one", "x"));
    expect(user("acme/other")).toEqual(basic("group", "x"));
    expect(user("acmes/train")).toEqual(basic("host", "x"));
  });

  test("reads every kind of entry", () => {
    const config = parse({
      auths: {
        a: { ...auth("ann:ignored"), identitytoken: "refresh-me" },
        b: { registrytoken: "as-it-is" },
        c: { username: "ann", password: "pw" },
        d: auth("<token>:refresh-me-too"),
        e: {},
        f: { auth: Buffer.from("ann:pw\0\0").toString("base64") },
      },
    });
    expect(["a", "b", "c", "d", "e", "f"].map((key) => findAuth(config, key, undefined))).toEqual([
      { kind: "identity-token", token: "refresh-me" },
      { kind: "bearer", token: "as-it-is" },
      basic("ann", "pw"),
      { kind: "identity-token", token: "refresh-me-too" },
      undefined,
      basic("ann", "pw"),
    ]);
  });
});

describe("helpers", () => {
  test("a helper for the registry comes before the store for all", () => {
    const config = parse({ credsStore: "desktop", credHelpers: { "gcr.io": "gcloud", "docker.io": "pass" } });
    expect(findHelper(config, "gcr.io")).toBe("gcloud");
    expect(findHelper(config, "index.docker.io")).toBe("pass");
    expect(findHelper(config, "ghcr.io")).toBe("desktop");
  });

  test.each(["../../bin/sh", "a b", "", "a/b", 7])("refuses the name %j", (name) => {
    expect(() => parse({ credHelpers: { "gcr.io": name } })).toThrow(/not the name of a credential helper/);
  });
});

test.each([
  ["{", /not JSON/],
  ["[]", /not an object/],
  ['{"auths":{"a":"x"}}', /auths\["a"\] is not an object/],
  ['{"auths":{"a":{"auth":"bm9jb2xvbg=="}}}', /not the base64 form/],
  ['{"auths":{"a":{"password":{}}}}', /password is not a text/],
])("tells what is wrong with %s and never quotes it", (text, message) => {
  const read = (): unknown => parseDockerConfigFile(text, "config.json");
  expect(read).toThrow(message);
  try {
    read();
  } catch (error) {
    expect(isImageSpecError(error, "CREDENTIALS")).toBe(true);
    expect(String(error)).not.toContain("bm9jb2xvbg");
  }
});
