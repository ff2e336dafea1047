import { expect, test } from "vitest";
import { connect, contextOf, sharedAccount, uploadContext } from "./account.ts";
import { codebuild, ecr, iam, sts } from "./clients-adapter.ts";

// IAM's rules: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html; what each operation asks for: the
// Service Authorization Reference for CodeBuild and ECR.
const open = sharedAccount({ iam: true });
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:123456789012:${resource}`;
const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: "Allow", Action, Resource });
const toLog = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*");
const environment = {
  type: "LINUX_CONTAINER",
  image: "i",
  computeType: "BUILD_GENERAL1_SMALL",
  privilegedMode: true,
} as const;

test("lets a caller do what it may, on what it may, and names the rest", async (context) => {
  const { fake, ...root } = await open(context);
  await root.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName: "app" }));
  const credentials = await fake.createUser("dev", [
    allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"], arn("codebuild", "project/imagespec")),
    allow("ecr:DescribeImages", arn("ecr", "repository/app")),
    allow("ecr:GetAuthorizationToken", "*"),
  ]);
  const dev = connect(fake, credentials);
  const done = await dev.run({ phases: { build: { commands: ["true"] } } });
  expect(done).toMatchObject({ buildStatus: "SUCCEEDED", initiator: "arn:aws:iam::123456789012:user/dev" });
  await dev.ecr.send(new ecr.DescribeImagesCommand({ repositoryName: "app" }));
  const denied = (request: Promise<unknown>, action: string, resource: string) =>
    expect(request).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:iam::123456789012:user/dev is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    });
  const project = arn("codebuild", "project/imagespec");
  await denied(dev.codebuild.send(new codebuild.StopBuildCommand({ id: done.id! })), "codebuild:StopBuild", project);
  await denied(
    dev.codebuild.send(new codebuild.BatchGetProjectsCommand({ names: ["imagespec"] })),
    "codebuild:BatchGetProjects",
    project,
  );
  await denied(dev.start({}, { projectName: "other" }), "codebuild:StartBuild", arn("codebuild", "project/other"));
  await denied(
    dev.ecr.send(new ecr.DescribeImagesCommand({ repositoryName: "q-x" })),
    "ecr:DescribeImages",
    arn("ecr", "repository/q-x"),
  );
  await denied(
    dev.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName: "new" })),
    "ecr:CreateRepository",
    arn("ecr", "repository/new"),
  );
  const wrong = connect(fake, { ...credentials, secretAccessKey: "wrong" });
  await expect(wrong.ecr.send(new ecr.GetAuthorizationTokenCommand({}))).rejects.toMatchObject({
    name: expect.stringMatching(/Signature/),
  });
  const { Arn } = await dev.sts.send(new sts.GetCallerIdentityCommand({}));
  expect(Arn).toBe("arn:aws:iam::123456789012:user/dev");
});

test("runs a build with the rights of its role and no others", async (context) => {
  const account = await open(context);
  const { fake } = account;
  await uploadContext(account, { "a.txt": "x" }, "inside.tar.gz");
  const serviceRole = await fake.createRole("narrow", [
    toLog,
    allow("s3:GetObject", `arn:aws:s3:::${fake.bucket}/elsewhere/*`),
  ]);
  await account.codebuild.send(
    new codebuild.CreateProjectCommand({
      name: "narrow",
      serviceRole,
      source: { type: "NO_SOURCE", buildspec: "version: 0.2" },
      artifacts: { type: "NO_ARTIFACTS" },
      environment,
    }),
  );
  const identity = await account.run(
    { phases: { build: { commands: ["aws sts get-caller-identity", "aws ecr get-login-password"] } } },
    { projectName: "narrow" },
  );
  const log = await account.readLog(identity);
  expect(log).toMatch(/assumed-role\/narrow\/AWSCodeBuild-/);
  expect(log).toMatch(
    /assumed-role\/narrow\/AWSCodeBuild-.* is not authorized to perform: ecr:GetAuthorizationToken on resource: \*/,
  );
  expect(identity.buildStatus).toBe("FAILED");
  const source = await account.run(
    { phases: { build: { commands: ["true"] } } },
    {
      projectName: "narrow",
      sourceTypeOverride: "S3",
      sourceLocationOverride: `${fake.bucket}/contexts/inside.tar.gz`,
    },
  );
  expect(contextOf(source)).toMatchObject({
    statusCode: "CLIENT_ERROR",
    message: expect.stringContaining("AccessDenied"),
  });
  // Container credentials are those of the role: what it may not, the build may not.
  const silent = await fake.createRole("silent", []);
  await account.codebuild.send(new codebuild.UpdateProjectCommand({ name: "narrow", serviceRole: silent }));
  const unlogged = await account.run({ phases: { build: { commands: ["true"] } } }, { projectName: "narrow" });
  expect(contextOf(unlogged)).toMatchObject({
    statusCode: "ACCESS_DENIED",
    message: expect.stringContaining("does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams"),
  });
});

test("lets a role push to the repositories that it may push to", async (context) => {
  const { fake, ...account } = await open(context);
  for (const repositoryName of ["mine", "theirs"]) {
    await account.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName }));
  }
  const push = [
    "BatchCheckLayerAvailability",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "PutImage",
    "BatchGetImage",
  ];
  const serviceRole = await fake.createRole("pusher", [
    toLog,
    allow("ecr:GetAuthorizationToken", "*"),
    allow(
      push.map((action) => `ecr:${action}`),
      arn("ecr", "repository/mine"),
    ),
  ]);
  const project = {
    source: { type: "NO_SOURCE", buildspec: "version: 0.2" },
    artifacts: { type: "NO_ARTIFACTS" },
    environment,
  } as const;
  await account.codebuild.send(new codebuild.CreateProjectCommand({ name: "pusher", serviceRole, ...project }));
  const run = (repository: string) =>
    account.run(
      {
        phases: {
          build: {
            commands: [
              `aws ecr get-login-password | docker login --username AWS --password-stdin ${fake.registry}`,
              "printf 'FROM scratch\\nCOPY Dockerfile /\\n' > Dockerfile",
              `docker build -q -t ${fake.registry}/${repository}:v1 .`,
              `docker push ${fake.registry}/${repository}:v1 2>&1`,
            ],
          },
        },
      },
      { projectName: "pusher" },
    );
  const mine = await run("mine");
  expect(mine.buildStatus, fake.buildLog(mine.id!)).toBe("SUCCEEDED");
  const theirs = await run("theirs");
  expect(theirs.buildStatus).toBe("FAILED");
  expect(fake.buildLog(theirs.id!)).toMatch(
    /denied: User: .*assumed-role\/pusher\/.* is not authorized to perform: ecr:\w+ on resource: arn:aws:ecr:.*repository\/theirs/,
  );
});

// UG troubleshooting, "CodeBuild is not authorized to perform: sts:AssumeRole": the trust policy must name codebuild.amazonaws.com.
test("takes only roles that trust CodeBuild", async (context) => {
  const { fake, ...account } = await open(context);
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await account.iam.send(
    new iam.CreateRoleCommand({ RoleName: "lambda", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const role = (name: string) => `arn:aws:iam::${fake.accountId}:role/${name}`;
  for (const name of ["lambda", "ghost"]) {
    const create = new codebuild.CreateProjectCommand({
      name: `of-${name}`,
      serviceRole: role(name),
      source: { type: "NO_SOURCE", buildspec: "version: 0.2" },
      artifacts: { type: "NO_ARTIFACTS" },
      environment,
    });
    await expect(account.codebuild.send(create)).rejects.toMatchObject({
      name: "InvalidInputException",
      message: expect.stringContaining("CodeBuild is not authorized to perform: sts:AssumeRole"),
    });
  }
  const done = await account.run({ phases: { build: { commands: ["true"] } } }, { serviceRoleOverride: role("ghost") });
  expect(contextOf(done)).toMatchObject({ message: expect.stringContaining("sts:AssumeRole") });
});
