import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SimulatePrincipalPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import type { AwsCredentials } from "../cloud-services-adapter.ts";

/** A statement of a policy: `{ Effect: "Allow", Action: …, Resource: … }`. */
export type PolicyStatement = Readonly<Record<string, unknown>>;

/** Users, roles and what they may, kept by a server with IAM. */
export interface Directory {
  createUser(name: string, statements: readonly PolicyStatement[]): Promise<AwsCredentials>;
  createRole(name: string, statements: readonly PolicyStatement[]): Promise<string>;
  /** Whether a principal, by the ARN of its user or role, may. */
  allows(principal: string, action: string, resource: string): Promise<boolean>;
  /** Whether CodeBuild may assume a role: its trust policy says so. */
  trustsCodeBuild(role: string): Promise<boolean>;
  /** Lets the account's root assume a role while something is done: the server behind knows no service principals. */
  whileAssumable<T>(role: string, action: () => Promise<T>): Promise<T>;
  close(): void;
}

const policyDocument = (statements: readonly PolicyStatement[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const codebuild: PolicyStatement = {
  Effect: "Allow",
  Principal: { Service: "codebuild.amazonaws.com" },
  Action: "sts:AssumeRole",
};

/** @param credentials of the account's root */
export function connectDirectory(
  endpoint: string,
  region: string,
  accountId: string,
  credentials: AwsCredentials,
): Directory {
  const client = new IAMClient({ endpoint, region, credentials });
  const nameOf = (arn: string) => arn.split("/").at(-1) ?? "";
  // One after the other: each puts back what the one before put back.
  let assuming: Promise<unknown> = Promise.resolve();

  async function trustOf(role: string): Promise<readonly PolicyStatement[]> {
    const { Role } = await client.send(new GetRoleCommand({ RoleName: nameOf(role) }));
    // IAM keeps the document URL-encoded.
    const document = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "{}"));
    return [document.Statement ?? []].flat();
  }

  return {
    async createUser(name, statements) {
      await client.send(new CreateUserCommand({ UserName: name }));
      await client.send(
        new PutUserPolicyCommand({ UserName: name, PolicyName: "rights", PolicyDocument: policyDocument(statements) }),
      );
      const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: name }));
      return { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
    },
    async createRole(name, statements) {
      await client.send(
        new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: policyDocument([codebuild]) }),
      );
      if (statements.length > 0) {
        const PolicyDocument = policyDocument(statements);
        await client.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "rights", PolicyDocument }));
      }
      return `arn:aws:iam::${accountId}:role/${name}`;
    },
    async allows(principal, action, resource) {
      const { EvaluationResults } = await client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principal,
          ActionNames: [action],
          ResourceArns: [resource],
        }),
      );
      return EvaluationResults?.[0]?.EvalDecision === "allowed";
    },
    async trustsCodeBuild(role) {
      try {
        return (await trustOf(role)).some(
          (statement) =>
            statement["Effect"] === "Allow" &&
            [statement["Action"]].flat().includes("sts:AssumeRole") &&
            servicesOf(statement).includes("codebuild.amazonaws.com"),
        );
      } catch (error) {
        if ((error as Error).name === "NoSuchEntityException") return false;
        throw error;
      }
    },
    whileAssumable(role, action) {
      const result = assuming.then(async () => {
        const trust = await trustOf(role);
        const root = {
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${accountId}:root` },
          Action: "sts:AssumeRole",
        };
        const update = (statements: readonly PolicyStatement[]) =>
          client.send(
            new UpdateAssumeRolePolicyCommand({ RoleName: nameOf(role), PolicyDocument: policyDocument(statements) }),
          );
        await update([...trust, root]);
        try {
          return await action();
        } finally {
          await update(trust);
        }
      });
      assuming = result.catch(() => undefined);
      return result;
    },
    close: () => client.destroy(),
  };
}

function servicesOf(statement: PolicyStatement): readonly string[] {
  const principal = statement["Principal"];
  if (typeof principal !== "object" || principal === null || !("Service" in principal)) return [];
  return [principal.Service].flat().map(String);
}
