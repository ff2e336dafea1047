import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  artifactRegistry,
  type GoogleCloudBuildOptions,
  googleCloudBuild,
} from "@imagespec/builder-google-cloud-build";
import { type FakeGoogle, startFakeGoogle } from "@imagespec/cloud-testbed/google";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { isImageIndex, parseImageReference } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { requireStack } from "@imagespec/test-support";
import { expect, test, vi } from "vitest";
import { pipeline } from "../pipeline.ts";

const value = "a-token-of-the-model";

function optionsFor({ project, location, registry, endpoints }: FakeGoogle): GoogleCloudBuildOptions {
  const { cloudbuild, storage, artifactRegistry: api } = endpoints;
  return {
    project,
    location,
    endpoints: { cloudBuild: cloudbuild, storage, artifactRegistry: api, registries: [registry] },
    poll: { firstMs: 100, maxMs: 500, logMs: 100 },
  };
}

// Three images, one of them by apt: minutes on a busy machine.
test.skipIf(process.env["IMAGESPEC_WHOLE"] !== "1")(
  "three images land in Artifact Registry, are found again, and run",
  async (context) => {
    const stack = await requireStack(context);
    await using google = await startFakeGoogle({ stack });
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", google.credentials.file);
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    google.addSecret("model-token", value);
    const folder = await mkdtemp(path.join(tmpdir(), "google-pipeline-"));
    try {
      const options = optionsFor(google);
      const registry = `${google.registry}/${google.project}/images`;
      const registryClient = new RegistryClient({
        mirrors: { "docker.io": [`http://${stack.registry}`] },
        providers: [artifactRegistry(options)],
      });
      const settings = { options, registry, registryClient, cacheFolder: path.join(folder, "cache") };
      const images = await pipeline(settings);

      expect(images.map(({ builder }) => builder)).toEqual(["assemble", "google-cloud-build", "assemble"]);
      for (const { reference, digest } of images) {
        const { repository, tag = "" } = parseImageReference(reference);
        expect(await google.digestOf(repository, tag)).toBe(digest);
      }
      expect((await pipeline(settings)).map(({ action }) => action)).toEqual(["exists", "exists", "exists"]);
      expect(google.requests.filter(({ operation }) => operation === "CreateBuild")).toHaveLength(1);
      expect(JSON.stringify(google.requests)).not.toContain(value);

      const rates = parseImageReference(images[2]?.reference ?? "");
      const { manifest } = await registryClient.repository(rates).getManifest({ tag: rates.tag });
      expect(isImageIndex(manifest) && manifest.manifests.map(({ platform }) => platform?.architecture)).toEqual([
        "amd64",
        "arm64",
      ]);

      const auth = Buffer.from(`oauth2accesstoken:${google.token().token}`).toString("base64");
      await writeFile(path.join(folder, "config.json"), JSON.stringify({ auths: { [google.registry]: { auth } } }));
      const run = (reference = "") => stack.docker(["--config", folder, "run", "--rm", reference]);
      expect((await run(images[0]?.reference)).stdout).toBe("report\n");
      expect((await run(images[1]?.reference)).stdout).toBe("ready\n");

      await emulatedRequest(google, settings);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** The Engine of the stack has no buildx to build for arm64 with: what Cloud Build would be asked is looked at. */
async function emulatedRequest(
  google: FakeGoogle,
  { options, registry, registryClient, cacheFolder }: Parameters<typeof pipeline>[0],
): Promise<void> {
  await using engine = new ImageBuildEngine({
    builders: [googleCloudBuild(options)],
    ...(registryClient === undefined ? {} : { registryClient }),
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
  });
  const spec = new ImageSpec({ name: "emulated", baseImage: "scratch", env: { A: "1" }, platform: "linux/arm64" });
  await expect(engine.build(spec, { registry, allowEmulation: true })).rejects.toMatchObject({
    details: { provider: "google" },
  });
  const { request } = google.requests.findLast(({ operation }) => operation === "CreateBuild") ?? {};
  expect(request).toMatchObject({
    build: {
      steps: [
        { id: "emulation", args: expect.arrayContaining(["--install", "arm64"]) },
        { id: "builder" },
        { id: "build", args: expect.arrayContaining(["--platform", "linux/arm64", "--provenance=false"]) },
        { id: "digest" },
      ],
    },
  });
}
