import type { CliContext } from "@imagespec/core";
import { expect, test } from "vitest";
import { awsCommand } from "./aws-command.ts";
import { policyDocuments } from "./policy-documents.ts";

const place = { account: "123456789012", region: "eu-central-1", repositories: ["acme/*"], secrets: [] };
const options = { project: "images", bucket: "contexts" };

function actionsOf(statements: readonly { readonly Action: readonly string[] }[]): readonly string[] {
  return statements.flatMap(({ Action }) => Action);
}

test("the least for a project that exists", () => {
  const { caller, project, trust } = policyDocuments(options, place);
  expect(caller.Statement.find(({ Sid }) => Sid === "Builds")?.Resource).toBe(
    "arn:aws:codebuild:eu-central-1:123456789012:project/images",
  );
  expect(caller.Statement.find(({ Sid }) => Sid === "Contexts")?.Resource).toBe(
    "arn:aws:s3:::contexts/imagespec/contexts/*",
  );
  // The frequent mistake: this right knows no repositories.
  for (const { Statement } of [caller, project])
    expect(Statement.find(({ Action }) => Action.includes("ecr:GetAuthorizationToken"))?.Resource).toBe("*");
  const callerActions = actionsOf(caller.Statement);
  for (const unneeded of ["iam:PassRole", "codebuild:CreateProject", "ecr:CreateRepository", "s3:DeleteObject"])
    expect(callerActions).not.toContain(unneeded);
  expect(actionsOf(project.Statement)).not.toContain("secretsmanager:GetSecretValue");
  expect(trust.Statement[0]?.Principal).toEqual({ Service: "codebuild.amazonaws.com" });
});

test("what options add", () => {
  const serviceRole = "arn:aws:iam::123456789012:role/build";
  const vpc = { vpcId: "v", subnets: ["s"], securityGroupIds: ["g"] };
  const more = policyDocuments(
    {
      ...options,
      project: { name: "images", serviceRole, vpc },
      repository: { ensure: true },
      cleanup: "always",
      logs: "off",
      secrets: { a: { secretsManager: "prod/a:key::" }, b: { parameterStore: "/prod/b" } },
    },
    { ...place, region: "cn-north-1", secrets: ["other", "arn:aws:ssm:eu-central-1:123456789012:parameter/c"] },
  );
  const caller = actionsOf(more.caller.Statement);
  expect(caller).toEqual(
    expect.arrayContaining(["iam:PassRole", "codebuild:CreateProject", "ecr:CreateRepository", "s3:DeleteObject"]),
  );
  expect(caller).not.toContain("logs:GetLogEvents");
  expect(more.project.Statement.find(({ Sid }) => Sid === "Secrets")?.Resource).toEqual([
    "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:other-??????",
    "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:prod/a-??????",
  ]);
  expect(more.project.Statement.find(({ Sid }) => Sid === "Parameters")?.Resource).toEqual([
    "arn:aws:ssm:eu-central-1:123456789012:parameter/c",
    "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/b",
  ]);
  expect(actionsOf(more.project.Statement)).toContain("ec2:CreateNetworkInterface");
});

async function run(...argv: readonly string[]): Promise<string> {
  let printed = "";
  const context = {
    env: {},
    options,
    stdout: {
      write: (text: string) => {
        printed += text;
      },
    },
    signal: new AbortController().signal,
  } as unknown as CliContext;
  await awsCommand.run(argv, context);
  return printed;
}

test("the command prints all of them, or one", async () => {
  const flags = ["--account", "123456789012", "--region=eu-central-1", "--repository", "acme/*"];
  expect(Object.keys(JSON.parse(await run("policy", ...flags)))).toEqual(["caller", "project", "trust"]);
  expect(JSON.parse(await run("policy", "caller", ...flags))).toEqual(policyDocuments(options, place).caller);
});

test.each([[[]], [["role"]], [["policy", "all"]], [["policy", "--acount", "1"]], [["policy", "--account"]]])(
  "the command refuses %j",
  async (argv) => {
    await expect(run(...argv)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      hint: expect.stringContaining("--help"),
    });
  },
);
