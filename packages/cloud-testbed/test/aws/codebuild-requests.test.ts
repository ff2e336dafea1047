import { expect, test } from "vitest";
import { sharedAccount } from "./account.ts";
import { codebuild } from "./clients-adapter.ts";

// "API" is the AWS CodeBuild API Reference (docs.aws.amazon.com/codebuild/latest/APIReference).
const open = sharedAccount();
const nothing = { phases: { build: { commands: ["true"] } } };
const environment = {
  type: "LINUX_CONTAINER",
  image: "aws/codebuild/standard:7.0",
  computeType: "BUILD_GENERAL1_SMALL",
} as const;
const source = { type: "NO_SOURCE", buildspec: "version: 0.2\nphases: {build: {commands: [true]}}" } as const;

// API, "Valid Values", "Length Constraints", "Pattern" and "Valid Range" of each parameter.
test.for([
  [
    { computeTypeOverride: "HUGE" as never },
    /Value 'HUGE' at 'computeTypeOverride' failed .* enum value set: \[BUILD_GENERAL1_SMALL/,
  ],
  [{ environmentTypeOverride: "LINUX" as never }, /'environmentTypeOverride'/],
  [{ timeoutInMinutesOverride: 4 }, /Member must have value greater than or equal to 5/],
  [{ timeoutInMinutesOverride: 2161 }, /Member must have value less than or equal to 2160/],
  [{ queuedTimeoutInMinutesOverride: 481 }, /less than or equal to 480/],
  [{ imageOverride: "" }, /'imageOverride' .* length greater than or equal to 1/],
  [
    { environmentVariablesOverride: [{ name: "A", value: "b", type: "SECRET" as never }] },
    /'environmentVariablesOverride\.1\.member\.type'/,
  ],
  [
    { environmentVariablesOverride: [{ name: undefined, value: "b" }] },
    /Value null at 'environmentVariablesOverride\.1\.member\.name'/,
  ],
  [{ projectName: undefined }, /Value null at 'projectName' .* must not be null/],
] as const)("refuses a StartBuild with %j", async ([overrides, message], context) => {
  const account = await open(context);
  const before = account.fake.builds.length;
  await expect(account.start(nothing, overrides as never)).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringMatching(message),
  });
  expect(account.fake.builds).toHaveLength(before);
});

test.for([
  [{ projectName: "ghost" }, "ResourceNotFoundException", /Project cannot be found/],
  [
    { environmentTypeOverride: "LINUX_LAMBDA_CONTAINER" as const },
    "InvalidInputException",
    /not supported for environment type/,
  ],
  [
    { sourceTypeOverride: "S3" as const, sourceLocationOverride: "s3://b/k" },
    "InvalidInputException",
    /valid S3 source location/,
  ],
] as const)("refuses a StartBuild with %j for what it means", async ([overrides, name, message], context) => {
  const account = await open(context);
  await expect(account.start(nothing, overrides)).rejects.toMatchObject({
    name,
    message: expect.stringMatching(message),
  });
});

// API CreateProject, BatchGetProjects, UpdateProject.
test("creates a project once, tells which are missing, and updates what it is told", async (context) => {
  const account = await open(context);
  const { codebuild: client, fake } = account;
  const { serviceRole } = fake;
  const input = { name: "made", source, environment, serviceRole, artifacts: { type: "NO_ARTIFACTS" } } as const;
  const asked = new codebuild.BatchGetProjectsCommand({ names: ["made", "imagespec"] });
  expect((await client.send(asked)).projectsNotFound).toEqual(["made"]);
  const { project } = await client.send(new codebuild.CreateProjectCommand(input));
  expect(project).toMatchObject({
    arn: `arn:aws:codebuild:${fake.region}:${fake.accountId}:project/made`,
    timeoutInMinutes: 60,
  });
  await expect(client.send(new codebuild.CreateProjectCommand(input))).rejects.toMatchObject({
    name: "ResourceAlreadyExistsException",
  });
  await client.send(new codebuild.UpdateProjectCommand({ name: "made", timeoutInMinutes: 30 }));
  const { projects, projectsNotFound } = await client.send(asked);
  expect(projectsNotFound).toEqual([]);
  expect(projects?.map(({ name, timeoutInMinutes }) => [name, timeoutInMinutes])).toEqual([
    ["made", 30],
    ["imagespec", 60],
  ]);
  for (const name of ["a", "-made", "with space"]) {
    await expect(client.send(new codebuild.CreateProjectCommand({ ...input, name }))).rejects.toMatchObject({
      name: "ValidationException",
    });
  }
});

// API BatchGetBuilds: at most 100 ids; StopBuild of an unknown one.
test("tells which builds it does not know, and takes a hundred ids", async (context) => {
  const account = await open(context);
  const { codebuild: client } = account;
  const ids = Array.from({ length: 100 }, (_, index) => `imagespec:${index}`);
  const { builds, buildsNotFound } = await client.send(new codebuild.BatchGetBuildsCommand({ ids }));
  expect(builds).toEqual([]);
  expect(buildsNotFound).toEqual(ids);
  for (const wrong of [[], [...ids, "imagespec:100"]]) {
    await expect(client.send(new codebuild.BatchGetBuildsCommand({ ids: wrong }))).rejects.toMatchObject({
      name: "ValidationException",
    });
  }
  await expect(client.send(new codebuild.StopBuildCommand({ id: "imagespec:none" }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

// API StartBuild, idempotencyToken: "valid for 5 minutes. If you repeat the request with the same token, but change a parameter,
// CodeBuild returns a parameter mismatch error".
test("gives the same build for the same token, refuses other parameters, and forgets it after five minutes", async (context) => {
  const account = await open(context);
  const first = await account.start(nothing, { idempotencyToken: "one" });
  expect((await account.start(nothing, { idempotencyToken: "one" })).id).toBe(first.id);
  await expect(account.start(nothing, { idempotencyToken: "one", imageOverride: "other" })).rejects.toMatchObject({
    name: "InvalidInputException",
  });
  account.fake.advance(5 * 60_000);
  expect((await account.start(nothing, { idempotencyToken: "one" })).id).not.toBe(first.id);
});

// API StartBuild, AccountLimitExceededException; builds above the number that may run at once wait in QUEUED.
test("refuses more builds than the account may have, and lets those wait that may not run yet", async (context) => {
  const account = await open(context);
  const { fake } = account;
  await fake.idle();
  fake.limits.running = 1;
  fake.limits.accepted = 2;
  try {
    const running = await account.start(
      { phases: { build: { commands: ["sleep 100"] } } },
      { timeoutInMinutesOverride: 2160 },
    );
    await account.follow(running.id!, (each) => each.currentPhase === "BUILD");
    const waiting = await account.start(nothing, { queuedTimeoutInMinutesOverride: 480 });
    await expect(account.start(nothing)).rejects.toMatchObject({
      name: "AccountLimitExceededException",
      message: "Cannot have more than 2 builds in queue for the account",
    });
    const { currentPhase } = await account.follow(waiting.id!, ({ phases = [] }) => phases.length > 1);
    expect(currentPhase).toBe("QUEUED");
    await account.codebuild.send(new codebuild.StopBuildCommand({ id: running.id! }));
    expect((await account.follow(waiting.id!)).buildStatus).toBe("SUCCEEDED");
  } finally {
    fake.limits.running = 60;
    fake.limits.accepted = 60;
  }
});

// API ListBuildsForProject: newest first by default, a hundred at a time.
test("lists the builds of a project, newest first", async (context) => {
  const account = await open(context);
  const older = await account.start(nothing);
  const newer = await account.start(nothing);
  const list = (sortOrder?: "ASCENDING" | "DESCENDING") =>
    account.codebuild.send(new codebuild.ListBuildsForProjectCommand({ projectName: "imagespec", sortOrder }));
  expect((await list()).ids?.slice(0, 2)).toEqual([newer.id, older.id]);
  expect((await list("ASCENDING")).ids?.slice(-2)).toEqual([older.id, newer.id]);
  expect(newer.buildNumber).toBe(older.buildNumber! + 1);
});

test("keeps every request with its body", async (context) => {
  const account = await open(context);
  await account.start(nothing, { environmentVariablesOverride: [{ name: "MARK", value: "m-4711" }] });
  const found = account.fake.requests.filter(({ body }) => Buffer.from(body).includes("m-4711"));
  expect(found).toMatchObject([{ service: "codebuild", operation: "StartBuild", method: "POST", status: 200 }]);
});
