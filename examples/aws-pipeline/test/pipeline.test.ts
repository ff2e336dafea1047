import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AwsCodebuildOptions } from "@imagespec/builder-aws-codebuild";
import { registries } from "@imagespec/builder-aws-codebuild/registries";
import { type FakeAws, startFakeAws } from "@imagespec/cloud-testbed";
import type { BuildEvent, ImageResult } from "@imagespec/core";
import { isImageIndex } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { requireStack, temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";

interface Pipeline {
  runPipeline(options: {
    readonly registry: string;
    readonly options: AwsCodebuildOptions;
    readonly input: { readonly base: string; readonly secret: string };
    readonly cacheFolder: string;
    readonly onEvent: (event: BuildEvent) => void;
  }): Promise<readonly ImageResult[]>;
}

/** The script is what people copy: plain JavaScript. */
const pipeline = "../pipeline.mjs";
const token = "sesame-open-0123456789";

async function createSecret(fake: FakeAws, name: string, value: string): Promise<void> {
  const scope = `test/20260101/${fake.region}/secretsmanager/aws4_request`;
  const response = await fetch(fake.endpoints.secretsmanager, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.CreateSecret",
      "x-amz-date": "20260101T000000Z",
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({ Name: name, SecretString: value, ClientRequestToken: "0".repeat(32) }),
  });
  expect(response.ok).toBe(true);
}

// Several builds and base images: minutes on a busy machine.
test.skipIf(process.env["IMAGESPEC_WHOLE"] === undefined)(
  "three images land in ECR, and a second run builds nothing",
  { timeout: 600_000 },
  async (context) => {
    const stack = await requireStack(context);
    await using folder = await temporaryFolder();
    const fake = await startFakeAws({ stack });
    const { codebuild, ecr, s3, logs, sts } = fake.endpoints;
    const options: AwsCodebuildOptions = {
      region: fake.region,
      credentials: fake.credentials,
      endpoints: { codebuild, ecr, s3, logs, sts },
      registries: [fake.registry],
      repository: { ensure: true },
      project: fake.project,
      bucket: fake.bucket,
      dialect: "base",
      polling: { firstMs: 50, maxMs: 200, logMs: 50 },
    };
    try {
      await createSecret(fake, "pipeline/token", token);
      const { runPipeline } = (await import(pipeline)) as Pipeline;
      const events: BuildEvent[] = [];
      const run = () =>
        runPipeline({
          registry: fake.registry,
          options,
          input: { base: `${stack.registry}/library/python:3.12-slim`, secret: "pipeline/token" },
          cacheFolder: folder.path,
          onEvent: (event) => void events.push(event),
        });
      const [train, report, assets] = await run();
      expect([train?.builder, report?.builder, assets?.builder]).toEqual([
        "assemble",
        "aws-codebuild",
        "aws-codebuild",
      ]);

      await using client = new RegistryClient({ providers: registries(options), proxy: {} });
      for (const result of [train, report, assets]) {
        const repository = client.repository({ registry: fake.registry, repository: result?.name ?? "" });
        const found = await repository.headManifest({ tag: result?.tag });
        expect(found?.digest).toBe(result?.digest);
      }
      const login = await client.credentials(fake.registry);
      const auth = login?.kind === "basic" ? Buffer.from(`${login.username}:${login.password}`).toString("base64") : "";
      await writeFile(join(folder.path, "config.json"), JSON.stringify({ auths: { [fake.registry]: { auth } } }));
      const runImage = async (image: ImageResult | undefined, ...args: readonly string[]): Promise<string> =>
        (await stack.docker(["--config", folder.path, "run", "--rm", image?.reference ?? "", ...args])).stdout;
      for (const image of [train, report]) expect(await runImage(image, "python", "score.py")).toContain("(3, 12)");
      expect((await runImage(report, "cat", "/token-length")).trim()).toBe(String(token.length));

      // Two native requests, and one index: the ARM image is not run here, where nothing could.
      const machines = fake.builds.map(({ environment }) => environment?.type).sort();
      expect(machines).toEqual(["ARM_CONTAINER", "LINUX_CONTAINER", "LINUX_CONTAINER"]);
      const starts = fake.requests
        .filter(({ operation }) => operation === "StartBuild")
        .map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Readonly<Record<string, unknown>>);
      expect(starts.map((start) => start["imageOverride"]).sort()).toEqual([
        "aws/codebuild/amazonlinux-aarch64-standard:3.0",
        "aws/codebuild/amazonlinux-x86_64-standard:5.0",
        "aws/codebuild/amazonlinux-x86_64-standard:5.0",
      ]);
      const index = await client
        .repository({ registry: fake.registry, repository: "pipeline/assets" })
        .getManifest({ tag: assets?.tag });
      const platforms = isImageIndex(index.manifest)
        ? index.manifest.manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`)
        : [];
      expect(platforms.sort()).toEqual(["linux/amd64", "linux/arm64"]);

      const before = fake.builds.length;
      const again = await run();
      expect(again.map(({ digest }) => digest)).toEqual([train?.digest, report?.digest, assets?.digest]);
      expect(fake.builds.length).toBe(before);
      expect(JSON.stringify(events)).not.toContain(token);
    } finally {
      await fake[Symbol.asyncDispose]();
    }
  },
);
