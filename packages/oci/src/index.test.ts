import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import * as oci from "./index.ts";

test("exports exactly this", () => {
  expect(Object.keys(oci).sort()).toEqual([
    "annotationKeys",
    "chainId",
    "comparePlatforms",
    "createDigester",
    "descriptorOf",
    "digestAlgorithm",
    "digestHex",
    "digestOf",
    "encodeConfig",
    "encodeManifest",
    "familiarImageReference",
    "formatImageReference",
    "formatPlatform",
    "isDigest",
    "isForeignLayer",
    "isImageIndex",
    "isIndexMediaType",
    "isLoopbackRegistry",
    "isManifestMediaType",
    "isRepository",
    "isTag",
    "layerCompression",
    "matchesPlatform",
    "maxManifestSize",
    "mediaTypes",
    "normalizePlatform",
    "parseDescriptor",
    "parseDigest",
    "parseImageConfig",
    "parseImageIndex",
    "parseImageManifest",
    "parseImageReference",
    "parseManifest",
    "parsePlatform",
    "parseRegistry",
    "platformOfConfig",
    "registryHost",
    "selectPlatform",
    "withDigest",
    "withTag",
  ]);
});

test("the example of the README prints what its comments say", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const expected = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
  const printed: string[] = [];
  const log = (...values: unknown[]) => printed.push(values.join(" "));
  const body = example.replace(/^import (\{[^}]*\}) from "@imagespec\/oci";/, "const $1 = oci;");
  new Function("oci", "console", body)(oci, { log });
  expect(expected.length).toBeGreaterThan(3);
  expect(printed).toEqual(expected);
});
