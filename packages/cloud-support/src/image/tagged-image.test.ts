import { ImageSpecError } from "@imagespec/errors";
import type { Repository } from "@imagespec/registry-client";
import { expect, test } from "vitest";
import { taggedImage } from "./tagged-image.ts";

const label = "dev.imagespec.fingerprint";
const digest = `sha256:${"a".repeat(64)}`;
const signal = new AbortController().signal;

/** A repository whose tag is on an image with these labels, or that has no such tag. */
function repository(labels: Readonly<Record<string, string>> | undefined): Repository {
  const config = {
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [] },
    config: { Labels: labels },
  };
  // Only what is asked for.
  return {
    getManifest: async () => {
      if (labels === undefined) throw new ImageSpecError("REGISTRY_NOT_FOUND", "there is no such tag");
      return { descriptor: { digest }, manifest: { schemaVersion: 2, config: { digest, size: 1 }, layers: [] } };
    },
    getBlob: async () => Buffer.from(JSON.stringify(config)),
  } as unknown as Repository;
}

test("an image with the same fingerprint is the one that was wanted", async () => {
  const labels = { [label]: "f1" };
  expect(await taggedImage(repository({ [label]: "f1", other: "x" }), "t", { labels, signal })).toBe(digest);
  expect(await taggedImage(repository({ [label]: "f2" }), "t", { labels, signal })).toBeUndefined();
  expect(await taggedImage(repository({}), "t", { labels: {}, signal })).toBeUndefined();
  expect(await taggedImage(repository(undefined), "t", { labels, signal })).toBeUndefined();
});
