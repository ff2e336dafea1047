import { ImageSpec, type ImageSpecInput, resolveImageSpec, type SelectionContext } from "@imagespec/core";
import { describe, expect, test } from "vitest";
import { assemble } from "./assemble.ts";

// The verdict depends on the spec alone.
const context = {} as SelectionContext;

async function verdict(input: ImageSpecInput) {
  const spec = await resolveImageSpec(new ImageSpec(input), { root: import.meta.dirname });
  return assemble().shouldBuild(spec, context);
}

test("takes a usual spec", async () => {
  expect(await verdict({ packages: ["numpy", "x @ https://example.org/x-1-py3-none-any.whl"] })).toMatchObject({
    action: "build",
  });
});

test("has the priority and capabilities of the contract", () => {
  const { name, priority, capabilities } = assemble();
  expect([name, priority]).toEqual(["assemble", 100]);
  for (const missing of ["commands", "apt-packages", "conda-packages", "bytecode", "sdists", "multi-platform"] as const)
    expect(capabilities.has(missing)).toBe(false);
});

describe("declines", () => {
  test.each<[string, ImageSpecInput, string]>([
    ["packages on scratch", { baseImage: "scratch", packages: ["six"] }, "baseImage"],
    [
      "a secret that only pip could use",
      { secrets: [{ id: "ca", from: { env: "CA" }, steps: ["packages"], target: "/etc/ca.pem" }] },
      "secrets[0].target",
    ],
    ["an unknown option", { builder: "assemble", builderOptions: { fast: true } }, "builderOptions.fast"],
    [
      "an index with a login",
      { builder: "assemble", builderOptions: { index: "https://me:secret@example.org/simple" } },
      "builderOptions.index",
    ],
    ["an index that is no URL", { builder: "assemble", builderOptions: { index: "here" } }, "builderOptions.index"],
  ])("%s", async (_, input, path) => {
    expect(await verdict(input)).toMatchObject({ action: "decline", problems: [{ path, hint: expect.any(String) }] });
  });

  test("a Debian base for a platform without Debian packages", async () => {
    const input = new ImageSpec({ baseImage: { debian: "trixie" }, platform: "linux/s390x" });
    const { resolvedBase } = await resolveImageSpec(input, { root: import.meta.dirname });
    if (resolvedBase.kind !== "image") throw new Error("expected an image of its own");
    expect(await assemble().shouldBuild(resolvedBase.image, context)).toMatchObject({
      action: "decline",
      problems: [{ path: "platform" }],
    });
  });
});

test("takes a netrc secret and an index", async () => {
  const secrets = [{ id: "netrc", from: { env: "NETRC" }, steps: ["packages"] as const, target: "/root/.netrc" }];
  expect(await verdict({ secrets })).toMatchObject({ action: "build" });
});

test("only the index changes what an image is", () => {
  expect(assemble().contentOptions?.({ index: "https://example.org/simple" })).toEqual({
    index: "https://example.org/simple",
  });
  expect(assemble().contentOptions?.({})).toEqual({});
});

test("refuses options that cannot work", () => {
  expect(() => assemble({ cacheFolder: "here" })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => assemble({ debian: { main: "ftp://x" } })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
