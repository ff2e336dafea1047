import { ImageSpecError } from "@imagespec/errors";
import type { GoogleApi } from "../client/google-api.ts";
import { fieldsOf, textOf } from "../client/plain-fields.ts";
import { explainCall, explainFailure } from "../errors/explain-call.ts";
import { readAnswerFailure } from "../errors/google-failure.ts";
import type { RepositoryCreation } from "../google-cloud-build-options.ts";
import type { ArtifactRepository } from "./artifact-registry-host.ts";

const day = 86_400;

/** Milliseconds between two looks at an operation, and how often. */
const operation = { everyMs: 1000, looks: 60 };

/**
 * Creates a repository of Artifact Registry; that somebody else was faster is success.
 *
 * @throws CLOUD_DENIED, CLOUD_SERVICE_DISABLED, CLOUD_CREDENTIALS, CLOUD_DOWN, CLOUD_ERROR
 */
export async function ensureRepository(
  api: GoogleApi,
  { project, location, repository }: ArtifactRepository,
  creation: RepositoryCreation,
  options: {
    readonly endpoint: string;
    readonly signal: AbortSignal;
    readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  },
): Promise<void> {
  const { endpoint, signal, sleep } = options;
  const parent = `projects/${project}/locations/${location}`;
  const place = {
    doing: `create the repository "${repository}"`,
    resource: `project "${project}"`,
    project,
    location,
    role: "roles/artifactregistry.admin",
  };
  const ask = async (method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> => {
    const call = { method, url: `${endpoint}/v1/${path}`, ...(body === undefined ? {} : { body }) };
    const answer = await api.request(call, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw explainCall(error, place);
    });
    if (answer.status < 300) return answer.body;
    const failure = readAnswerFailure(answer);
    if (failure.status === "ALREADY_EXISTS") return { done: true };
    if (method === "GET" && failure.status === "NOT_FOUND") return undefined;
    throw explainFailure(failure, { ...place, principal: await api.principal(signal) });
  };
  // Who may not create repositories may still use those that are there.
  if ((await ask("GET", `${parent}/repositories/${repository}`)) !== undefined) return;
  let state = operationState(await ask("POST", `${parent}/repositories?repositoryId=${repository}`, bodyOf(creation)));
  for (let look = 0; !state.done; look++) {
    if (look >= operation.looks || state.name === "") {
      throw new ImageSpecError("CLOUD_ERROR", `the repository "${repository}" was not ready in time`, {
        hint: "try again in a minute",
        details: { provider: "google", project, location },
      });
    }
    await sleep(operation.everyMs, signal);
    state = operationState(await ask("GET", state.name));
  }
  if (state.error === undefined) return;
  const failure = readAnswerFailure({ status: 500, body: { error: state.error } });
  // The race is lost as well when the operation finds the repository.
  if (failure.status !== "ALREADY_EXISTS") throw explainFailure(failure, place);
}

function bodyOf({ immutableTags, cleanupDays, labels }: RepositoryCreation): unknown {
  return {
    format: "DOCKER",
    ...(immutableTags === undefined ? {} : { dockerConfig: { immutableTags } }),
    ...(labels === undefined ? {} : { labels }),
    ...(cleanupDays === undefined
      ? {}
      : {
          cleanupPolicies: {
            untagged: {
              id: "untagged",
              action: "DELETE",
              condition: { tagState: "UNTAGGED", olderThan: `${cleanupDays * day}s` },
            },
          },
        }),
  };
}

function operationState(body: unknown): { readonly done: boolean; readonly name: string; readonly error: unknown } {
  const { done, name, error } = fieldsOf(body);
  return { done: done === true, name: textOf(name), error };
}
