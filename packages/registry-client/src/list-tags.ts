import { ImageSpecError } from "@imagespec/errors";
import { pullScope } from "./auth/scope.ts";
import { answerPages } from "./http/answer-pages.ts";
import type { Answer } from "./http/call.ts";
import type { OperationOptions } from "./registry-client-options.ts";
import { apiPath, originOf, type RepositoryContext } from "./repository-context.ts";

/** All tags of a repository, in the registry's order. @throws REGISTRY_NOT_FOUND, REGISTRY_PROTOCOL */
export async function listTags(context: RepositoryContext, options: OperationOptions): Promise<readonly string[]> {
  const tags: string[] = [];
  const pages = answerPages(context.http, {
    endpoint: originOf(context),
    method: "GET",
    target: apiPath(context, "tags/list?n=1000"),
    what: "the list of tags",
    repository: context.repository,
    scopes: [pullScope(context.repository)],
    accept: [200],
    signal: options.signal,
  });
  for await (const page of pages) tags.push(...parseTags(context, page));
  return [...new Set(tags)];
}

function parseTags(context: RepositoryContext, page: Answer): readonly string[] {
  const value = parseJson(page.bytes);
  const tags: unknown = typeof value === "object" && value !== null && "tags" in value ? value.tags : undefined;
  // A repository without tags has `null` in most registries.
  if (tags === null) return [];
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  throw new ImageSpecError(
    "REGISTRY_PROTOCOL",
    `registry "${context.registry}" sent no list of tags for "${context.repository}"`,
    {
      hint: "check that the address is one of a registry",
      details: { registry: context.registry, repository: context.repository },
    },
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
