import { AwsError } from "../aws-error.ts";
import type { ExclusionFilter, Repositories, Repository, TagMutability } from "./repositories.ts";

/** An operation's work; its input has been checked against the service model. */
export type EcrOperation = (input: never) => unknown;

export interface RepositoryOperationsOptions {
  readonly region: string;
  readonly accountId: string;
  readonly repositories: Repositories;
  readonly registryUrl: string;
}

interface RepositoryInput {
  readonly repositoryName: string;
  readonly repositoryNames?: readonly string[];
  readonly imageTagMutability?: TagMutability;
  readonly imageTagMutabilityExclusionFilters?: readonly ExclusionFilter[];
  readonly imageScanningConfiguration?: { readonly scanOnPush?: boolean };
  readonly encryptionConfiguration?: Readonly<Record<string, unknown>>;
  readonly tags?: Repository["tags"];
  readonly force?: boolean;
  readonly lifecyclePolicyText?: string;
  readonly resourceArn?: string;
  readonly maxResults?: number;
  readonly nextToken?: string;
}

export function createRepositoryOperations(
  options: RepositoryOperationsOptions,
): Readonly<Record<string, EcrOperation>> {
  const { region, accountId, repositories, registryUrl } = options;
  const arnOf = (name: string) => `arn:aws:ecr:${region}:${accountId}:repository/${name}`;
  const view = (repository: Repository) => ({
    repositoryArn: arnOf(repository.name),
    registryId: accountId,
    repositoryName: repository.name,
    repositoryUri: `${new URL(registryUrl).host}/${repository.name}`,
    createdAt: repository.createdAt,
    imageTagMutability: repository.mutability,
    ...(repository.exclusions.length > 0 && { imageTagMutabilityExclusionFilters: repository.exclusions }),
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  });
  const byArn = (arn = "") => repositories.get(arn.split(":repository/")[1] ?? "");

  const operations: Readonly<Record<string, (input: RepositoryInput) => unknown>> = {
    CreateRepository(input) {
      const { repositoryName: name } = input;
      if (repositories.find(name) !== undefined) {
        const message = `The repository with name '${name}' already exists in the registry with id '${accountId}'`;
        throw new AwsError("RepositoryAlreadyExistsException", message);
      }
      const repository: Repository = {
        name,
        createdAt: Date.now() / 1000,
        ...mutabilityOf(input),
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        encryption: input.encryptionConfiguration ?? { encryptionType: "AES256" },
        tags: input.tags ?? [],
        lifecyclePolicy: undefined,
        images: new Map(),
      };
      repositories.add(repository);
      return { repository: view(repository) };
    },
    DescribeRepositories({ repositoryNames, maxResults = 100, nextToken }) {
      if (repositoryNames !== undefined) {
        return { repositories: repositoryNames.map((name) => view(repositories.get(name))) };
      }
      const all = [...repositories.all.values()];
      const start = nextToken === undefined ? 0 : Number(Buffer.from(nextToken, "base64").toString());
      const end = start + maxResults;
      return {
        repositories: all.slice(start, end).map(view),
        ...(end < all.length && { nextToken: Buffer.from(String(end)).toString("base64") }),
      };
    },
    DeleteRepository({ repositoryName: name, force = false }) {
      const repository = repositories.get(name);
      if (!force && repository.images.size > 0) {
        const message = `The repository with name '${name}' in registry with id '${accountId}' cannot be deleted because it still contains images`;
        throw new AwsError("RepositoryNotEmptyException", message);
      }
      repositories.remove(name);
      return { repository: view(repository) };
    },
    PutImageTagMutability(input) {
      const repository = repositories.get(input.repositoryName);
      Object.assign(repository, mutabilityOf(input));
      const { registryId, repositoryName, imageTagMutability } = view(repository);
      return {
        registryId,
        repositoryName,
        imageTagMutability,
        ...(repository.exclusions.length > 0 && { imageTagMutabilityExclusionFilters: repository.exclusions }),
      };
    },
    PutLifecyclePolicy({ repositoryName, lifecyclePolicyText = "" }) {
      const repository = repositories.get(repositoryName);
      assertLifecyclePolicy(lifecyclePolicyText);
      repository.lifecyclePolicy = lifecyclePolicyText;
      return { registryId: accountId, repositoryName, lifecyclePolicyText };
    },
    GetLifecyclePolicy({ repositoryName }) {
      const { lifecyclePolicy } = repositories.get(repositoryName);
      if (lifecyclePolicy === undefined) {
        const message = `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${accountId}'`;
        throw new AwsError("LifecyclePolicyNotFoundException", message);
      }
      return { registryId: accountId, repositoryName, lifecyclePolicyText: lifecyclePolicy };
    },
    TagResource({ resourceArn, tags = [] }) {
      const repository = byArn(resourceArn);
      const kept = repository.tags.filter(({ Key }) => !tags.some((tag) => tag.Key === Key));
      repository.tags = [...kept, ...tags];
      return {};
    },
    ListTagsForResource: ({ resourceArn }) => ({ tags: byArn(resourceArn).tags }),
  };
  return operations;
}

/** @throws AwsError InvalidParameterException when filters and setting do not go together */
function mutabilityOf(input: RepositoryInput): {
  readonly mutability: TagMutability;
  readonly exclusions: readonly ExclusionFilter[];
} {
  const { imageTagMutability: mutability = "MUTABLE", imageTagMutabilityExclusionFilters: exclusions } = input;
  const excludes = mutability.endsWith("_WITH_EXCLUSION");
  if (excludes !== (exclusions !== undefined)) {
    const message = excludes
      ? `Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutabilityExclusionFilters must be provided when ImageTagMutability is ${mutability}'`
      : `Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutabilityExclusionFilters can not be provided when ImageTagMutability is ${mutability}'`;
    throw new AwsError("InvalidParameterException", message);
  }
  return { mutability, exclusions: exclusions ?? [] };
}

/** @throws AwsError InvalidParameterException for a text that is no lifecycle policy */
function assertLifecyclePolicy(text: string): void {
  const fail = (why: string) => {
    const message = `Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: ${why}'`;
    return new AwsError("InvalidParameterException", message);
  };
  let policy: { readonly rules?: unknown };
  try {
    policy = JSON.parse(text);
  } catch {
    throw fail("string is not a valid JSON");
  }
  if (!Array.isArray(policy.rules) || policy.rules.length === 0)
    throw fail('object has missing required properties (["rules"])');
  for (const rule of policy.rules) {
    for (const property of ["rulePriority", "selection", "action"]) {
      if (rule?.[property] === undefined) throw fail(`object has missing required properties (["${property}"])`);
    }
    const { tagStatus, countType, countNumber, countUnit } = rule.selection;
    if (!["tagged", "untagged", "any"].includes(tagStatus))
      throw fail(`instance value ("${tagStatus}") not found in enum`);
    if (typeof countType !== "string") throw fail('object has missing required properties (["countType"])');
    if (!Number.isInteger(countNumber) || countNumber < 1)
      throw fail("countNumber is lower than the required minimum (minimum: 1)");
    if (countType === "sinceImagePushed" && countUnit !== "days")
      throw fail('object has missing required properties (["countUnit"])');
    if (!["expire", "transition"].includes(rule.action.type))
      throw fail(`instance value ("${rule.action.type}") not found in enum`);
  }
}
