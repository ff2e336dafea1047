import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageSpec, resolveImageSpec, type TargetEnvironment } from "@imagespec/core";
import { expect, test } from "vitest";
import { resolvePackages } from "./resolve-packages.ts";
import { detectUvSettings } from "./uv/detect.ts";

const target: TargetEnvironment = {
  platform: "linux/amd64",
  pythonVersion: "3.12",
  libc: { kind: "glibc", version: "2.36" },
};

test("an unlocked resolution is kept for a while, and a forced build does not take it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "resolve-packages-"));
  try {
    const spec = await resolveImageSpec(new ImageSpec({ packages: ["six"] }), { root: folder });
    let resolutions = 0;
    const resolve = (force: boolean, maxAgeMs = 60_000) =>
      resolvePackages(spec, target, {
        resolver: {
          resolve: async () => {
            resolutions++;
            return { distributions: [], pylock: "" };
          },
        },
        request: { force, secret: async () => "" },
        settings: detectUvSettings({}, folder),
        folder,
        constraints: [],
        maxAgeMs,
        signal: new AbortController().signal,
        onLog: () => {},
      });
    expect((await resolve(false)).cached).toBe(false);
    expect((await resolve(false)).cached).toBe(true);
    expect((await resolve(true)).cached).toBe(false);
    expect((await resolve(false, 0)).cached).toBe(false);
    expect(resolutions).toBe(3);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
