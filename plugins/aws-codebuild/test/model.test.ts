import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PreparedImage } from "@imagespec/cloud-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CompleteOptions } from "../src/assert-options.ts";
import { openAws } from "../src/aws/open-aws.ts";
import type { AwsPorts } from "../src/aws/ports.ts";
import type { AwsCodebuildOptions } from "../src/aws-codebuild-options.ts";
import { ensureProject } from "../src/build/project.ts";
import { startRequest } from "../src/build/start-request.ts";
import { ensureRepository } from "../src/ecr/ensure-repository.ts";
import { rules } from "./model/rules.ts";
import { requestSchema } from "./model/sdk-adapter.ts";
import { problemsOf } from "./model/walk-model.ts";

/** Whatever it is asked, it keeps the body and says yes: what is sent is what matters. */
const sent: { readonly operation: string; readonly body: unknown }[] = [];
const server = createServer(async (request, response) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
  sent.push({ operation, body: JSON.parse(Buffer.concat(chunks).toString()) });
  response.setHeader("content-type", "application/x-amz-json-1.1");
  response.end(operation === "StartBuild" ? '{"build":{"id":"images:1"}}' : "{}");
});
let aws: AwsPorts;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  aws = openAws({ region: "eu-central-1", credentials, endpoints: { codebuild: url, ecr: url, logs: url } });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const account = "123456789012";
const registry = `${account}.dkr.ecr.eu-central-1.amazonaws.com`;

function request(options: AwsCodebuildOptions, platform = "linux/amd64") {
  const secrets = [
    { id: "a", from: { aws: "prod/a" }, steps: ["commands"], target: "/run/secrets/a", cacheBust: undefined },
  ] as const;
  const prepared = {
    plan: { secrets: [{ id: "a", kind: "spec", secret: "a" }], buildArgs: { IMAGESPEC_NEWLINE: "\n" } },
    platform,
    machineFiles: [{ id: "u", path: "machine/uv-config", text: "" }],
    // What else is in there is not for the request.
  } as unknown as PreparedImage;
  return startRequest({
    options: { project: "images", bucket: "contexts", ...options } as CompleteOptions,
    prepared,
    secrets,
    context: { key: `imagespec/contexts/${"a".repeat(64)}.tar.gz`, version: "v1" },
    target: { registry, repository: "acme/train", tag: "imagespec-0011223344556677" },
    nonce: "0011223344556677",
    attempt: 1,
  });
}

const everything: AwsCodebuildOptions = {
  compute: {
    type: "2XLARGE",
    image: `${registry}/build:1`,
    environment: "ec2",
    fleet: `arn:aws:codebuild:eu-central-1:${account}:fleet/images:1-2`,
    timeoutMinutes: 2160,
    queueMinutes: 480,
  },
  cache: { registry: `${registry}/cache:main` },
  logGroup: "/images/builds",
  registryLogins: { "docker.io": { username: "u", password: { parameterStore: "/hub" } } },
};

test("all that is sent is what the service models allow", async () => {
  const codebuild = await aws.codebuild();
  for (const size of ["SMALL", "MEDIUM", "LARGE", "XLARGE", "2XLARGE"] as const)
    await codebuild.startBuild(request({ compute: { type: size } }));
  for (const platform of ["linux/amd64", "linux/arm64"]) {
    await codebuild.startBuild(request({}, platform));
    await codebuild.startBuild(request(everything, platform));
    await codebuild.startBuild(
      request({ cache: "local", buildspec: "project", compute: { dockerServer: true } }, platform),
    );
  }
  await codebuild.batchGetBuilds(["images:1"]);
  await codebuild.stopBuild("images:1");
  const serviceRole = `arn:aws:iam::${account}:role/build`;
  const vpc = { vpcId: "vpc-1", subnets: ["subnet-1"], securityGroupIds: ["sg-1"] };
  const { signal } = new AbortController();
  await ensureProject(codebuild, { project: { name: "images", serviceRole, vpc, tags: { team: "ml" } } }, { signal });
  const ecr = await aws.ecr();
  const repository = { name: "acme/train", account };
  await ensureRepository(ecr, repository, {}, {});
  const key = `arn:aws:kms:eu-central-1:${account}:key/1`;
  await ensureRepository(
    ecr,
    repository,
    { mutability: "IMMUTABLE", lifecycleDays: 1, scanOnPush: true, encryption: { kmsKey: key }, tags: { team: "ml" } },
    {},
  );
  await ecr.describeRepository("acme/train", account);
  await ecr.deleteTag("acme/train", "imagespec-0011223344556677", { account });
  await ecr.authorizationToken().catch(() => undefined);
  await (await aws.logs()).events({ group: "/aws/codebuild/images", stream: "0000-1", token: "f/1" });

  const problems = sent.flatMap(({ operation, body }) =>
    problemsOf(body, requestSchema(operation), rules).map((problem) => `${operation}: ${problem}`),
  );
  expect(problems).toEqual([]);
  expect([...new Set(sent.map(({ operation }) => operation))].sort()).toEqual([
    "BatchDeleteImage",
    "BatchGetBuilds",
    "BatchGetProjects",
    "CreateProject",
    "CreateRepository",
    "DescribeRepositories",
    "GetAuthorizationToken",
    "GetLogEvents",
    "PutLifecyclePolicy",
    "StartBuild",
    "StopBuild",
  ]);
});

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  [
    "a name that does not exist",
    { projectName: "images", sourceLocation: "x" },
    'StartBuildInput has no "sourceLocation"',
  ],
  ["a member that is missing", {}, ".projectName is missing"],
  [
    "another type",
    { projectName: "images", timeoutInMinutesOverride: "60" },
    ".timeoutInMinutesOverride is a string, not a number",
  ],
  [
    "a value that there is not",
    { projectName: "images", computeTypeOverride: "HUGE" },
    '.computeTypeOverride: "HUGE" is no value of it',
  ],
  [
    "a number out of range",
    { projectName: "images", timeoutInMinutesOverride: 4 },
    ".timeoutInMinutesOverride: 4 is not within 5 to 2160",
  ],
  [
    "a part of a list",
    { projectName: "images", environmentVariablesOverride: [{ name: "A", value: "b", type: "SECRET" }] },
    '.environmentVariablesOverride[0].type: "SECRET" is no value of it',
  ],
])("the walk finds %s", (_, body, problem) => {
  expect(problemsOf(body, requestSchema("StartBuild"), rules)).toContain(problem);
});
