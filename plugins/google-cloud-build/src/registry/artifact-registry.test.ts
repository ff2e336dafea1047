import { expect, test, vi } from "vitest";
import type { ApiAnswer, GoogleApi } from "../client/google-api.ts";
import { providerWith } from "./artifact-registry.ts";
import { parseArtifactRepository } from "./artifact-registry-host.ts";
import { classifyAbsence } from "./classify-absence.ts";

const hour = 3_600_000;

/** An API that answers what is given, in turn. */
function apiOf(answers: readonly ApiAnswer[] = [], lifetimeMs = hour) {
  const left = [...answers];
  let count = 0;
  const calls: { readonly method: string; readonly url: string; readonly body?: unknown }[] = [];
  const api: GoogleApi = {
    project: async () => "acme",
    principal: async () => "ci@acme.iam.gserviceaccount.com",
    token: vi.fn(async () => ({ token: `token-${++count}`, expires: Date.now() + lifetimeMs })),
    async request(call) {
      calls.push(call);
      return left.shift() ?? { status: 500, body: "none left" };
    },
  };
  return { api, calls };
}

const registry = "europe-west1-docker.pkg.dev";

test.each([
  [
    "europe-west1-docker.pkg.dev",
    "acme/images/team/train",
    { project: "acme", location: "europe-west1", repository: "images" },
  ],
  [
    "us-docker.pkg.dev",
    "example.com/acme/images/train",
    { project: "example.com:acme", location: "us", repository: "images" },
  ],
  ["gcr.io", "acme/train", { project: "acme", location: "us", repository: "gcr.io" }],
  ["eu.gcr.io", "acme/team/train", { project: "acme", location: "europe", repository: "eu.gcr.io" }],
  ["127.0.0.1:5000", "acme/images/train", { project: "acme", location: "nowhere", repository: "images" }],
  ["europe-docker.pkg.dev", "acme/images", undefined],
  ["gcr.io", "acme", undefined],
])("%s and %s", (host, name, repository) => {
  expect(parseArtifactRepository(host, name, "nowhere")).toEqual(repository);
});

test("a token serves until shortly before its end, and is replaced when it was refused", async () => {
  const { api } = apiOf();
  const { credentials, matches } = providerWith({}, async () => api);
  expect(["eu-docker.pkg.dev", "gcr.io", "asia.gcr.io"].every(matches)).toBe(true);
  expect(["docker.io", "x.docker.pkg.dev.evil.dev", "pkg.dev", "notgcr.io"].some(matches)).toBe(false);
  const first = await credentials?.({ registry });
  expect(first).toEqual({ kind: "basic", username: "oauth2accesstoken", password: "token-1" });
  expect(await credentials?.({ registry: "gcr.io" })).toEqual(first);
  expect(await credentials?.({ registry, refresh: true })).toMatchObject({ password: "token-2" });
  expect(await credentials?.({ registry: "docker.io" })).toBeUndefined();
  const { api: short } = apiOf([], 60_000);
  const hasty = providerWith({}, async () => short);
  await hasty.credentials?.({ registry });
  expect(await hasty.credentials?.({ registry })).toMatchObject({ password: "token-2" });
});

test("what is wrong with the credentials is said", async () => {
  const { api } = apiOf();
  const broken = { ...api, token: () => Promise.reject(new Error("Could not load the default credentials.")) };
  const { credentials } = providerWith({}, async () => broken);
  await expect(credentials?.({ registry })).rejects.toMatchObject({ code: "CLOUD_CREDENTIALS" });
});

const missing = { status: 404, body: { error: { code: 404, status: "NOT_FOUND", message: "not found" } } };
const exists = { status: 409, body: { error: { code: 409, status: "ALREADY_EXISTS", message: "it is there" } } };
const denied = {
  status: 403,
  body: {
    error: {
      code: 403,
      status: "PERMISSION_DENIED",
      message:
        "Permission 'artifactregistry.repositories.create' denied on resource 'projects/acme/locations/europe-west1' (or it may not exist).",
    },
  },
};

test("a repository is made only where options say so", async () => {
  expect(providerWith({}, async () => apiOf().api).ensureRepository).toBeUndefined();
  expect(providerWith({ createRepository: false }, async () => apiOf().api).ensureRepository).toBeUndefined();
});

const ensure = async (answers: readonly ApiAnswer[]) => {
  const { api, calls } = apiOf(answers);
  const provider = providerWith({ createRepository: { immutableTags: true, cleanupDays: 7 } }, async () => api);
  await provider.ensureRepository?.({ registry, repository: "acme/images/train" }, {});
  return calls;
};

test("one that is there is left alone; one that somebody else makes meanwhile is success", async () => {
  expect(await ensure([{ status: 200, body: { name: "…" } }])).toHaveLength(1);
  expect(await ensure([missing, exists])).toHaveLength(2);
  expect(
    await ensure([missing, { status: 200, body: { name: "op", done: true, error: { code: 6, message: "exists" } } }]),
  ).toHaveLength(2);
});

test("one that is missing is made as the options say", async () => {
  const calls = await ensure([missing, { status: 200, body: { name: "op", done: true, response: {} } }]);
  expect(calls[1]).toEqual({
    method: "POST",
    url: "https://artifactregistry.googleapis.com/v1/projects/acme/locations/europe-west1/repositories?repositoryId=images",
    body: {
      format: "DOCKER",
      dockerConfig: { immutableTags: true },
      cleanupPolicies: {
        untagged: { id: "untagged", action: "DELETE", condition: { tagState: "UNTAGGED", olderThan: "604800s" } },
      },
    },
  });
});

test("who may not make one is told which right is missing", async () => {
  await expect(ensure([missing, denied])).rejects.toMatchObject({
    code: "CLOUD_DENIED",
    hint: expect.stringContaining("roles/artifactregistry.admin"),
    details: { action: "artifactregistry.repositories.create", principal: "ci@acme.iam.gserviceaccount.com" },
  });
});

test.each([
  [404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', "absent"],
  [404, '{"errors":[{"code":"NAME_UNKNOWN","message":"Repository \\"images\\" not found"}]}', "absent"],
  [404, "<html>not our registry</html>", undefined],
  [
    403,
    '{"errors":[{"code":"DENIED","message":"Permission denied"}]}',
    { unknown: expect.stringContaining("downloadArtifacts") },
  ],
  [
    403,
    "Artifact Registry API has not been used in project 1 before",
    { unknown: expect.stringContaining("not enabled") },
  ],
  [401, "", undefined],
])("%i %s", (status, body, verdict) => {
  expect(classifyAbsence({ status, body })).toEqual(verdict);
});
