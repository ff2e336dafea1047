import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rejection } from "../testing/test-client.ts";
import { chainCredentials } from "./chain-credentials.ts";
import { dockerConfigCredentials } from "./docker-config-credentials.ts";
import { staticCredentials } from "./static-credentials.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-credentials-"));
});
afterEach(() => rm(folder, { recursive: true }));

const auths = (key: string, text: string): string =>
  JSON.stringify({ auths: { [key]: { auth: Buffer.from(text).toString("base64") } } });

test("the first file that knows the registry counts; files that are not there are passed over", async () => {
  await writeFile(join(folder, "config.json"), auths("ghcr.io", "docker:x"));
  await writeFile(join(folder, "auth.json"), auths("quay.io", "podman:x"));
  const env = { HOME: join(folder, "none"), DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: join(folder, "auth.json") };
  const provider = dockerConfigCredentials({ env });
  expect(await provider({ registry: "ghcr.io" })).toMatchObject({ username: "docker" });
  expect(await provider({ registry: "quay.io" })).toMatchObject({ username: "podman" });
  expect(await provider({ registry: "docker.io" })).toBeUndefined();
});

test("a file that is named must exist; an empty one has nothing", async () => {
  const missing = dockerConfigCredentials({ configFile: join(folder, "missing.json") });
  expect(await rejection(missing({ registry: "ghcr.io" }))).toMatchObject({
    code: "CREDENTIALS",
    message: expect.stringContaining("missing.json"),
  });
  await writeFile(join(folder, "empty.json"), "");
  const empty = dockerConfigCredentials({ configFile: join(folder, "empty.json") });
  expect(await empty({ registry: "ghcr.io" })).toBeUndefined();
});

test("a chain asks on after undefined, and ends at anonymous", async () => {
  const provider = chainCredentials(
    staticCredentials({ "index.docker.io": { kind: "anonymous" } }),
    staticCredentials({ "docker.io": { kind: "bearer", token: "t" }, "ghcr.io": { kind: "bearer", token: "g" } }),
  );
  expect(await provider({ registry: "docker.io" })).toEqual({ kind: "anonymous" });
  expect(await provider({ registry: "ghcr.io" })).toEqual({ kind: "bearer", token: "g" });
  expect(await provider({ registry: "gcr.io" })).toBeUndefined();
});
