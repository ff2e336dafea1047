import type { EcrPort } from "../aws/ports.ts";
import type { RepositorySettings } from "../aws-codebuild-options.ts";

/** Tags that builds need for a moment, and those of caches: they have to be writable again and again. */
const movingTags = ["imagespec-*", "cache*"];

/**
 * Makes a repository, with its lifecycle rule. One that exists already, also since a moment ago, stays as it is.
 *
 * @throws CLOUD_DENIED, CLOUD_QUOTA, CLOUD_…
 */
export async function ensureRepository(
  ecr: EcrPort,
  repository: { readonly name: string; readonly account: string | undefined },
  settings: RepositorySettings,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { mutability = "MUTABLE", lifecycleDays, scanOnPush, encryption, tags = {} } = settings;
  const exclude = settings.exclude ?? (mutability === "IMMUTABLE" ? movingTags : []);
  const { name, account } = repository;
  const { created } = await ecr.createRepository(
    {
      name,
      account,
      mutability: exclude.length === 0 ? mutability : `${mutability}_WITH_EXCLUSION`,
      exclude,
      scanOnPush,
      encryption:
        encryption === undefined
          ? { type: "AES256" }
          : { type: "KMS", ...(encryption === "KMS" ? {} : { key: encryption.kmsKey }) },
      tags,
    },
    options,
  );
  if (!created || lifecycleDays === undefined) return;
  await ecr.putLifecyclePolicy(name, lifecyclePolicy(lifecycleDays), { ...options, account });
}

/** Images without a tag: what a cache or a constant tag pointed at before. */
function lifecyclePolicy(days: number): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: "images without a tag",
        selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: days },
        action: { type: "expire" },
      },
    ],
  });
}
