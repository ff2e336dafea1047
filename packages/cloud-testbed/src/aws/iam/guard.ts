import { type Answer, errorAnswer } from "../api/answers.ts";
import type { AwsRequest } from "../api/parse-request.ts";
import { AwsError } from "../aws-error.ts";
import type { Directory } from "./directory-adapter.ts";

type Input = Readonly<Record<string, unknown>>;

/** Says who a request is from and whether it may. */
export interface Guard {
  /** Learns the principal behind an access key that a service behind has just given out. */
  learn(asked: AwsRequest, answer: Answer): void;
  /** Learns the principal behind an access key. */
  know(accessKeyId: string, principal: Principal): void;
  /** @returns the answer to a request of an own service that is not allowed */
  check(asked: AwsRequest, input: Input, forward: () => Promise<Answer>): Promise<Answer | undefined>;
  /** @returns the denial of a right, in IAM's words */
  denial(accessKeyId: string, action: string, resource: string): Promise<string | undefined>;
  /** ARN of the principal behind an access key. */
  nameOf(accessKeyId: string): string;
}

export interface Principal {
  /** What it calls itself: `arn:aws:iam::…:user/dev`, `arn:aws:sts::…:assumed-role/build/session`. */
  readonly arn: string;
  /** Whose policies count: the same, or the role's. */
  readonly policies: string;
}

export interface GuardOptions {
  readonly region: string;
  readonly accountId: string;
  readonly directory: Directory;
  /** The access key that may do everything. */
  readonly root: string;
}

/** What is said of a request that cannot be from whom it claims. */
const badSignature =
  /^(UnrecognizedClient|InvalidSignature|ExpiredToken|MissingAuthenticationToken|InvalidClientTokenId|IncompleteSignature|SignatureDoesNotMatch)/;

export function createGuard(options: GuardOptions): Guard {
  const { region, accountId, directory, root } = options;
  const principals = new Map<string, Principal>();
  const rootArn = `arn:aws:iam::${accountId}:root`;

  async function denial(accessKeyId: string, action: string, resource: string): Promise<string | undefined> {
    if (accessKeyId === root) return undefined;
    const principal = principals.get(accessKeyId);
    if (principal !== undefined && (await directory.allows(principal.policies, action, resource))) return undefined;
    const name = principal?.arn ?? "unknown";
    return `User: ${name} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  }

  /** The resources that a request is about. */
  function resourcesOf({ service }: AwsRequest, input: Input): readonly string[] {
    const list = (value: unknown) =>
      Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
    if (service === "ecr") {
      const names = [...list(input["repositoryName"]), ...list(input["repositoryNames"])];
      const arns = names.map((name) => `arn:aws:ecr:${region}:${accountId}:repository/${name}`);
      return arns.length > 0 ? arns : [...list(input["resourceArn"]), "*"].slice(0, 1);
    }
    const builds = [...list(input["id"]), ...list(input["ids"])].map((id) => id.split(":")[0] ?? "");
    const names = [...list(input["projectName"]), ...list(input["name"]), ...list(input["names"]), ...builds];
    const arns = [...new Set(names)].map((name) => `arn:aws:codebuild:${region}:${accountId}:project/${name}`);
    return arns.length > 0 ? arns : ["*"];
  }

  return {
    denial,
    know: (accessKeyId, principal) => void principals.set(accessKeyId, principal),
    nameOf: (accessKeyId) => principals.get(accessKeyId)?.arn ?? rootArn,
    learn(asked, { status, body }) {
      if (status !== 200 || !["CreateAccessKey", "AssumeRole"].includes(asked.operation)) return;
      const text = Buffer.from(body).toString();
      const value = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
      const key = value("AccessKeyId");
      if (key === undefined) return;
      const user = value("UserName");
      const assumed = value("Arn");
      if (asked.operation === "CreateAccessKey" && user !== undefined) {
        const arn = `arn:aws:iam::${accountId}:user/${user}`;
        principals.set(key, { arn, policies: arn });
      } else if (assumed !== undefined) {
        const role = /:assumed-role\/([^/]+)\//.exec(assumed)?.[1];
        principals.set(key, { arn: assumed, policies: `arn:aws:iam::${accountId}:role/${role}` });
      }
    },
    async check(asked, input, forward) {
      // The server behind knows the secret of every key.
      const answer = await forward();
      const code = /"__type"\s*:\s*"([^"]*)"/.exec(Buffer.from(answer.body).toString())?.[1] ?? "";
      if (answer.status >= 400 && badSignature.test(code)) return answer;
      const action = `${asked.service}:${asked.operation}`;
      for (const resource of resourcesOf(asked, input)) {
        const message = await denial(asked.accessKeyId, action, resource);
        if (message !== undefined) return errorAnswer(asked, new AwsError("AccessDeniedException", message));
      }
      return undefined;
    },
  };
}
