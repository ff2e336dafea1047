import { requireStack, type Stack } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { type Account, openAccount, phasesOf, uploadContext } from "./account.ts";
import { ecr } from "./clients-adapter.ts";

/** Builds and pushes an image of one file. @returns the build and the digest that it told */
async function build(account: Account, repository: string, commands: string[], overrides: object = {}) {
  const { fake } = account;
  await account.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName: repository }));
  const { location } = await uploadContext(account, {
    Dockerfile: "FROM scratch\nARG MSG\nLABEL msg=$MSG\nCOPY hello.txt /hello.txt\n",
    "hello.txt": "hi\n",
  });
  const done = await account.run(
    {
      env: { shell: "bash", "exported-variables": ["DIGEST"] },
      phases: {
        install: { commands: ["tar xzf context.tar.gz && rm context.tar.gz"] },
        pre_build: {
          commands: ['aws ecr get-login-password | docker login --username AWS --password-stdin "$REGISTRY"'],
        },
        build: { commands },
      },
    },
    {
      sourceTypeOverride: "S3",
      sourceLocationOverride: location,
      environmentVariablesOverride: [
        { name: "REPO", value: `${fake.registry}/${repository}`, type: "PLAINTEXT" },
        { name: "REGISTRY", value: fake.registry },
      ],
      ...overrides,
    },
  );
  expect(done.buildStatus, fake.buildLog(done.id!)).toBe("SUCCEEDED");
  const { imageDetails } = await account.ecr.send(
    new ecr.DescribeImagesCommand({ repositoryName: repository, imageIds: [{ imageTag: "v1" }] }),
  );
  const digest = done.exportedEnvironmentVariables?.[0]?.value;
  expect(digest).toMatch(/^sha256:/);
  expect(imageDetails?.[0]?.imageDigest).toBe(digest);
  return { done, digest };
}

/** Architecture and labels, as a client that pulls sees them. */
async function inspect(account: Account, stack: Stack, repository: string) {
  const { authorizationData } = await account.ecr.send(new ecr.GetAuthorizationTokenCommand({}));
  const credentials = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64").toString();
  const image = `docker://${account.fake.registry}/${repository}:v1`;
  const { stdout } = await stack.skopeo(["inspect", "--config", "--tls-verify=false", "--creds", credentials, image]);
  return JSON.parse(stdout) as { architecture: string; config: { Labels?: Record<string, string> } };
}

const plain = [
  'DOCKER_BUILDKIT=1 docker build -t "$REPO:v1" --build-arg MSG=hello .',
  'docker push "$REPO:v1" | tee push',
  'DIGEST=$(sed -n "s/.*digest: \\(sha256:[0-9a-f]*\\).*/\\1/p" push)',
];

test("builds a Dockerfile from S3 and pushes it to ECR, for this machine's platform and for ARM", async (context) => {
  const stack = await requireStack(context);
  await using account = await openAccount(stack);
  const { done } = await build(account, "app", plain);
  expect(phasesOf(done)).toEqual([
    ...["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"],
    ...["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"],
  ]);
  expect(await account.readLog(done)).toContain("Phase complete: BUILD State: SUCCEEDED");
  expect(await inspect(account, stack, "app")).toMatchObject({
    architecture: "amd64",
    config: { Labels: { msg: "hello" } },
  });

  await build(account, "arm", plain, { environmentTypeOverride: "ARM_CONTAINER" });
  expect(await inspect(account, stack, "arm")).toMatchObject({ architecture: "arm64" });
});

const withBuildx = [
  'docker buildx build --push --provenance=false --metadata-file metadata.json -t "$REPO:v1" --build-arg MSG=x .',
  `DIGEST=$(sed -n 's/.*"containerimage.digest": *"\\(sha256:[0-9a-f]*\\)".*/\\1/p' metadata.json)`,
];

test.skipIf(!process.env["IMAGESPEC_WHOLE"]).for(["28.5", "28.5-containerd"] as const)(
  "has buildx with Engine %s",
  async (engine, context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await using account = await openAccount(stack);
    await build(account, "app", withBuildx);
    expect(await inspect(account, stack, "app")).toMatchObject({
      architecture: "amd64",
      config: { Labels: { msg: "x" } },
    });
    // And without, where the account is to have none.
    await using bare = await openAccount(stack, { buildx: false });
    const done = await bare.run({ phases: { build: { commands: ["docker buildx version"] } } });
    expect(done.buildStatus).toBe("FAILED");
  },
);
