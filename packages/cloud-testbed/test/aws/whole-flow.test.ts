import { requireStack } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { openAccount, phasesOf, uploadContext } from "./account.ts";
import { ecr } from "./clients-adapter.ts";

test("builds a Dockerfile from S3 and pushes it to ECR", async (context) => {
  await using account = await openAccount(await requireStack(context));
  const { fake } = account;
  const { repository } = await account.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName: "app" }));
  const { location } = await uploadContext(account, {
    Dockerfile: "FROM scratch\nARG MSG\nLABEL msg=$MSG\nCOPY hello.txt /hello.txt\n",
    "hello.txt": "hi\n",
  });
  const build = await account.run(
    {
      env: { shell: "bash", "exported-variables": ["DIGEST"] },
      phases: {
        install: { commands: ["tar xzf context.tar.gz && rm context.tar.gz"] },
        pre_build: {
          commands: ['aws ecr get-login-password | docker login --username AWS --password-stdin "$REGISTRY"'],
        },
        build: {
          commands: [
            'DOCKER_BUILDKIT=1 docker build -t "$REPO:v1" --build-arg MSG=hello .',
            'docker push "$REPO:v1"',
            'DIGEST=$(docker inspect --format "{{index .RepoDigests 0}}" "$REPO:v1" | sed "s/.*@//")',
          ],
        },
      },
    },
    {
      sourceTypeOverride: "S3",
      sourceLocationOverride: location,
      environmentVariablesOverride: [
        { name: "REPO", value: repository!.repositoryUri!, type: "PLAINTEXT" },
        { name: "REGISTRY", value: fake.registry },
      ],
    },
  );
  if (build.buildStatus !== "SUCCEEDED") console.log(fake.buildLog(build.id!), JSON.stringify(build.phases));
  expect(build.buildStatus).toBe("SUCCEEDED");
  expect(phasesOf(build)).toEqual([
    ...["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"],
    ...["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"],
  ]);
  const { imageDetails } = await account.ecr.send(
    new ecr.DescribeImagesCommand({ repositoryName: "app", imageIds: [{ imageTag: "v1" }] }),
  );
  const exported = build.exportedEnvironmentVariables?.[0]?.value;
  expect(exported).toMatch(/^sha256:/);
  expect(imageDetails?.[0]?.imageDigest).toBe(exported);
  expect(await account.readLog(build)).toContain("Phase complete: BUILD State: SUCCEEDED");
});
