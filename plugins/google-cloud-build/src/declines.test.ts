import { ImageSpec, resolveImageSpec } from "@imagespec/core";
import { expect, test } from "vitest";
import { declines } from "./declines.ts";
import { googleCloudBuild } from "./google-cloud-build.ts";

const output = {
  kind: "registry",
  registry: "europe-docker.pkg.dev",
  repository: "acme/images/app",
  tag: "t",
} as const;

async function problems(
  input: ConstructorParameters<typeof ImageSpec>[0],
  more: { readonly allowEmulation?: boolean; readonly output?: object } = {},
  options = {},
) {
  const spec = await resolveImageSpec(new ImageSpec(input), { root: import.meta.dirname });
  return declines(spec, { output, allowEmulation: false, ...more } as Parameters<typeof declines>[1], options);
}

test("what it can build", async () => {
  expect(await problems({ commands: ["true"], aptPackages: ["git"] })).toEqual([]);
  expect(await problems({ platform: "linux/arm64" }, { allowEmulation: true })).toEqual([]);
  const secrets = [{ id: "t", from: { google: "projects/p/secrets/s/versions/1" } }];
  expect(await problems({ secrets })).toEqual([]);
  expect(
    await problems(
      { secrets: [{ id: "t", from: { env: "TOKEN" } }] },
      {},
      { secrets: { t: "projects/p/secrets/s/versions/1" } },
    ),
  ).toEqual([]);
});

test.each<[string, Parameters<typeof problems>, string]>([
  ["an emulated platform", [{ platform: "linux/arm64" }], "platform"],
  [
    "an emulated platform by docker",
    [{ platform: "linux/arm64" }, { allowEmulation: true }, { builder: "docker" }],
    "platform",
  ],
  ["a platform that nobody has", [{ platform: "linux/s390x" }, { allowEmulation: true }], "platform"],
  ["another registry", [{}, { output: { ...output, registry: "ghcr.io" } }], "output"],
  ["a secret of this machine", [{ secrets: [{ id: "t", from: { env: "TOKEN" } }] }], "secrets[0]"],
  ["a base on this machine", [{ baseImage: "localhost:5000/base:1" }], "baseImage"],
])("%s is declined with its field and a hint", async (_, given, path) => {
  const [found] = await problems(...given);
  expect(found).toMatchObject({ path, hint: expect.stringMatching(/^[a-z]/) });
});

test("options that cannot be are refused when the builder is made", () => {
  expect(() => googleCloudBuild({ location: "Mars" })).toThrow(/"Mars"/);
  expect(googleCloudBuild().capabilities.has("secret-env")).toBe(false);
  expect(googleCloudBuild({ secrets: { t: "projects/p/secrets/s/versions/1" } }).capabilities.has("secret-env")).toBe(
    true,
  );
});
