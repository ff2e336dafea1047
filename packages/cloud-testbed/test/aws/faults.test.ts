import { expect, test } from "vitest";
import { contextOf, phasesOf, sharedAccount } from "./account.ts";
import { codebuild, ecr, logs, s3 } from "./clients-adapter.ts";

const open = sharedAccount({ minuteMs: 60_000 });
const nothing = { phases: { build: { commands: ["true"] } } };
const echo = (...lines: string[]) => ({ phases: { build: { commands: lines.map((line) => `echo ${line}`) } } });

test("throttles, and the SDK comes back", async (context) => {
  const { fake, ...account } = await open(context);
  const count = () => fake.requests.filter(({ operation }) => operation === "BatchGetProjects").length;
  const before = count();
  fake.faults.push({ op: "BatchGetProjects", kind: "throttle", times: 2 });
  const { projects } = await account.codebuild.send(new codebuild.BatchGetProjectsCommand({ names: ["imagespec"] }));
  expect(projects).toHaveLength(1);
  expect(count() - before).toBe(3);
  expect(fake.requests.filter(({ operation }) => operation === "BatchGetProjects").map(({ status }) => status)).toEqual(
    expect.arrayContaining([400, 400, 200]),
  );
  expect(fake.faults.pending).toEqual([]);
});

// The SDK sends StartBuild again when the connection breaks, whatever became of it.
test.for([
  ["drop-before", "token", 1],
  ["drop-after", "token", 1],
  ["drop-after", undefined, 2],
] as const)("has after %s of a StartBuild with the token %s %i builds", async ([kind, token, builds], context) => {
  const { fake, start } = await open(context);
  const before = fake.builds.length;
  fake.faults.push({ op: "StartBuild", kind });
  await start(nothing, { idempotencyToken: token && `${token}-${kind}` });
  expect(fake.builds.length - before).toBe(builds);
});

test("answers 500 without a body, denies in IAM's words, and whatever else it is told", async (context) => {
  const { fake, ...account } = await open(context);
  const ask = () => account.codebuild.send(new codebuild.StopBuildCommand({ id: "imagespec:none" }));
  fake.faults.push({ op: "StopBuild", kind: "empty-500", times: 3 });
  await expect(ask()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  fake.faults.push({
    op: "StopBuild",
    kind: "denied",
    resource: "arn:aws:codebuild:eu-west-1:123456789012:project/imagespec",
  });
  await expect(ask()).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringMatching(
      /^User: arn:.* is not authorized to perform: codebuild:StopBuild on resource: arn:.*project\/imagespec /,
    ),
  });
  fake.faults.push({ op: "StopBuild", kind: "error", code: "OAuthProviderException", message: "so" });
  await expect(ask()).rejects.toMatchObject({ name: "OAuthProviderException", message: "so" });
  fake.faults.push({ op: "CreateProject", kind: "role-not-assumable" });
  const create = new codebuild.CreateProjectCommand({
    name: "never",
    serviceRole: fake.serviceRole,
    source: { type: "NO_SOURCE", buildspec: "version: 0.2" },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: { type: "LINUX_CONTAINER", image: "i", computeType: "BUILD_GENERAL1_SMALL" },
  });
  await expect(account.codebuild.send(create)).rejects.toMatchObject({
    name: "InvalidInputException",
    message: expect.stringContaining("sts:AssumeRole"),
  });
});

test("strikes S3 in the words of S3", async (context) => {
  const { fake, ...account } = await open(context);
  const put = (Key: string) => account.s3.send(new s3.PutObjectCommand({ Bucket: fake.bucket, Key, Body: "x" }));
  fake.faults.push({ op: "PutObject", kind: "throttle" }, { op: "HeadObject", kind: "empty-500" });
  await put("a");
  fake.faults.push({ op: "PutObject", kind: "denied" });
  await expect(put("b")).rejects.toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
  await account.s3.send(new s3.HeadObjectCommand({ Bucket: fake.bucket, Key: "a" }));
  expect(fake.faults.pending).toEqual([]);
});

test("does not know a build at first, then in a state that nobody knows, and then as it is", async (context) => {
  const { fake, ...account } = await open(context);
  fake.faults.push(
    { op: "BatchGetBuilds", kind: "builds-not-found" },
    { op: "build", kind: "unknown-status", status: "NEW_STATE", answers: 2 },
  );
  const { id } = await account.start(nothing);
  const get = () => account.codebuild.send(new codebuild.BatchGetBuildsCommand({ ids: [id!] }));
  expect(await get()).toMatchObject({ builds: [], buildsNotFound: [id] });
  const states: unknown[] = [];
  for (let asked = 0; asked < 2; asked += 1) states.push((await get()).builds?.[0]?.buildStatus);
  expect(states).toEqual(["NEW_STATE", "NEW_STATE"]);
  expect((await account.follow(id!)).buildStatus).toBe("SUCCEEDED");
});

test.for([
  [
    { phase: "PROVISIONING", status: "FAULT", statusCode: "CWL_THROTTLING_EXCEPTION", message: "m" },
    ["PROVISIONING!FAULT"],
  ],
  [
    { phase: "PROVISIONING", status: "FAILED", statusCode: "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", message: "m" },
    ["PROVISIONING!FAILED"],
  ],
  [{ phase: "BUILD", status: "STOPPED" }, ["BUILD!STOPPED"]],
  [{ phase: "QUEUED", status: "TIMED_OUT" }, ["QUEUED!TIMED_OUT"]],
] as const)("ends a phase as told: %j", async ([fault, phases], context) => {
  const { fake, ...account } = await open(context);
  fake.faults.push({ op: "build", kind: "phase-ends", ...fault });
  const done = await account.run(nothing);
  expect(done.buildStatus).toBe(fault.status);
  expect(phasesOf(done).filter((phase) => phase.includes("!"))).toEqual(phases);
  if ("statusCode" in fault) expect(contextOf(done)).toEqual({ statusCode: fault.statusCode, message: "m" });
  expect((await account.run(nothing)).buildStatus).toBe("SUCCEEDED");
});

test("writes the stream late, the last lines after the end, and other pages than expected", async (context) => {
  const { fake, ...account } = await open(context);
  fake.faults.push({ op: "build", kind: "late-stream", ms: 300 }, { op: "build", kind: "late-lines", ms: 600 });
  const done = await account.run(echo("one", "two"));
  expect(done.buildStatus).toBe("SUCCEEDED");
  await fake.idle();
  expect(await account.readLog(done)).toMatch(/\none\n[\s\S]*\ntwo\n[\s\S]*Phase complete: UPLOAD_ARTIFACTS/);

  const page = (nextToken?: string) =>
    account.logs.send(
      new logs.GetLogEventsCommand({
        logGroupName: done.logs?.groupName,
        logStreamName: done.logs?.streamName,
        startFromHead: true,
        limit: 3,
        nextToken,
      }),
    );
  const first = await page();
  fake.faults.push({ op: "GetLogEvents", kind: "empty-page" });
  const empty = await page(first.nextForwardToken);
  expect(empty.events).toEqual([]);
  // Documented is that the end gives the same token again; this is not the end.
  expect(empty.nextForwardToken).not.toBe(first.nextForwardToken);
  fake.faults.push({ op: "GetLogEvents", kind: "repeated-page" });
  const repeated = await page(empty.nextForwardToken);
  expect(repeated.events).toEqual(first.events);
  const second = await page(repeated.nextForwardToken);
  expect(second.events).toEqual((await page(first.nextForwardToken)).events);
  expect(second.events?.[0]).not.toEqual(first.events?.[0]);
});

test("exports another digest than there is", async (context) => {
  const { fake, ...account } = await open(context);
  fake.faults.push({ op: "build", kind: "wrong-digest" });
  const digest = `sha256:${"a".repeat(64)}`;
  const done = await account.run({
    env: { "exported-variables": ["DIGEST", "OTHER"] },
    phases: { build: { commands: [`DIGEST=${digest}`, "OTHER=o"] } },
  });
  const [exported, other] = done.exportedEnvironmentVariables ?? [];
  expect(exported?.value).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(exported?.value).not.toBe(digest);
  expect(other?.value).toBe("o");
});

// What happens at the registry while a build pushes, with the real docker.
test("loses, refuses and expires at the registry as told, and docker comes back or says why", async (context) => {
  const { fake, ...account } = await open(context);
  for (const repositoryName of ["plain", "frozen"]) {
    const imageTagMutability = repositoryName === "frozen" ? ("IMMUTABLE" as const) : ("MUTABLE" as const);
    await account.ecr.send(new ecr.CreateRepositoryCommand({ repositoryName, imageTagMutability }));
  }
  const push = async (repository: string, tag: string, content = tag) => {
    const done = await account.run({
      phases: {
        build: {
          commands: [
            `aws ecr get-login-password | docker login --username AWS --password-stdin ${fake.registry}`,
            `printf 'FROM scratch\\nLABEL content=${content}\\nCOPY Dockerfile /\\n' > Dockerfile`,
            `docker build -q -t ${fake.registry}/${repository}:${tag} .`,
            `docker push ${fake.registry}/${repository}:${tag} 2>&1`,
          ],
        },
      },
    });
    await fake.idle();
    return { status: done.buildStatus, log: fake.buildLog(done.id!) };
  };
  const faults = fake.faults;

  faults.push({ op: "registry:PostUpload", kind: "not-found" });
  const missing = await push("plain", "missing");
  expect(missing.log).toMatch(/name unknown|repository with name/);
  expect(missing.status).toBe("FAILED");

  faults.push({ op: "registry:PutManifest", kind: "token-expired" });
  const expired = await push("plain", "expired");
  expect(expired.log).toContain("Your authorization token has expired. Reauthenticate and try again.");
  expect(expired.status).toBe("FAILED");

  faults.push({ op: "registry:PutManifest", kind: "tag-taken" });
  const taken = await push("frozen", "v1");
  expect(taken.log).toMatch(
    /tag invalid: The image tag 'v1' already exists in the 'frozen' repository and cannot be overwritten/,
  );
  expect(taken.status).toBe("FAILED");

  faults.push({ op: "registry:PutManifest", kind: "drop-after" });
  const lost = await push("frozen", "v2");
  // docker does not send a manifest again; the registry has it.
  expect(lost.status).toBe("FAILED");
  expect(lost.log).toContain("EOF");
  expect((await push("frozen", "v2")).status).toBe("SUCCEEDED");
  expect((await push("frozen", "v2", "other")).status).toBe("FAILED");

  let seen = 0;
  faults.push({
    op: "build",
    kind: "meanwhile",
    phase: "BUILD",
    run: () => {
      seen = fake.builds.at(-1)?.currentPhase === "BUILD" ? 1 : 0;
    },
  });
  expect((await push("plain", "ok")).status).toBe("SUCCEEDED");
  expect(seen).toBe(1);
  expect(faults.pending).toEqual([]);
});
