import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildImages } from "../build/start-request.ts";
import { type PolicyDocument, policyDocuments } from "./policy-documents.ts";

const folder = join(import.meta.dirname, "..", "..", "templates");
const { caller, project } = policyDocuments(
  { project: "images", bucket: "contexts", repository: { ensure: true } },
  { account: "123456789012", region: "eu-central-1", repositories: ["*"], secrets: [] },
);

const actionsOf = (...documents: readonly PolicyDocument[]): readonly string[] =>
  [...new Set(documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)))].sort();

const action = /\b(?:codebuild|s3|logs|ecr|iam|secretsmanager|ssm):[A-Z]\w+/g;

/** The actions in a part of a template. */
const named = (text: string): readonly string[] => [...new Set(text.match(action))].sort();

test("the template of CloudFormation gives the rights that the policies list, and no others", async () => {
  const text = await readFile(join(folder, "cloudformation.yaml"), "utf8");
  const [before = "", after = ""] = text.split("  CallerPolicy:\n");
  expect(named(before)).toEqual(actionsOf(project));
  expect(named(after)).toEqual(actionsOf(caller));
  expect(text).toContain(buildImages["linux/amd64"]);
});

test("the template of Terraform gives the rights that the policies list, and no others", async () => {
  const text = await readFile(join(folder, "terraform", "main.tf"), "utf8");
  const [before = "", after = ""] = text.split('resource "aws_iam_policy" "caller"');
  const shared = /images = \[([\s\S]*?)\]/.exec(text)?.[1] ?? "";
  expect(named(before)).toEqual(actionsOf(project));
  expect(named(after + shared)).toEqual(actionsOf(caller));
  expect(text).toContain(buildImages["linux/amd64"]);
});
