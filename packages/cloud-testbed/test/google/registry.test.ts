import { requireStack, run, type Stack, temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { type FakeGoogle, startFakeGoogle } from "../../src/google/index.ts";

const api = async (google: FakeGoogle, method: string, path: string, body?: object) => {
  const response = await fetch(`${google.endpoints.artifactRegistry}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${google.token().token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as Readonly<Record<string, unknown>>) };
};

test("repositories are made, found and refused as Artifact Registry does it", async (context) => {
  await using google = await startFakeGoogle({ stack: await requireStack(context) });
  const parent = `projects/${google.project}/locations/${google.location}`;
  const repository = `${parent}/repositories/fresh`;
  expect(await api(google, "GET", repository)).toMatchObject({ status: 404, error: { status: "NOT_FOUND" } });
  const create = (id: string, body: object) => api(google, "POST", `${parent}/repositories?repositoryId=${id}`, body);
  expect(await create("fresh", { format: "DOCKER", colour: 1 })).toMatchObject({ status: 400 });
  expect(await create("fresh", { format: "DOCK" })).toMatchObject({ status: 400 });
  expect(await create("fresh", {})).toMatchObject({ status: 400 });
  expect(await create("Fresh!", { format: "DOCKER" })).toMatchObject({ status: 400 });
  const policy = { id: "old", action: "DELETE", condition: { tagState: "UNTAGGED", olderThan: "86400s" } };
  const operation = await create("fresh", {
    format: "DOCKER",
    dockerConfig: { immutableTags: true },
    cleanupPolicies: { old: policy },
    labels: { team: "ml" },
  });
  expect(operation).toMatchObject({ status: 200, name: expect.stringContaining(`${parent}/operations/`) });
  expect(operation).not.toHaveProperty("done");
  let done: Readonly<Record<string, unknown>> = {};
  while (done["done"] !== true) done = await api(google, "GET", String((operation as { name?: string }).name));
  expect(done["response"]).toMatchObject({ name: repository });
  expect(await api(google, "GET", repository)).toMatchObject({
    format: "DOCKER",
    dockerConfig: { immutableTags: true },
    cleanupPolicies: { old: policy },
    labels: { team: "ml" },
    registryUri: `${google.registry}/${google.project}/fresh`,
  });
  expect(await create("fresh", { format: "DOCKER" })).toMatchObject({
    status: 409,
    error: { status: "ALREADY_EXISTS" },
  });

  google.denials.deny({ permission: "artifactregistry.repositories.create", times: 1 });
  expect(await create("other", { format: "DOCKER" })).toMatchObject({
    status: 403,
    error: {
      details: [{ reason: "IAM_PERMISSION_DENIED" }],
      message: expect.stringContaining("artifactregistry.repositories.create"),
    },
  });
  google.setApi("artifactregistry.googleapis.com", false);
  expect(await api(google, "GET", repository)).toMatchObject({
    status: 403,
    error: { details: [{ reason: "SERVICE_DISABLED", metadata: { service: "artifactregistry.googleapis.com" } }] },
  });
  const unknown = await fetch(`${google.endpoints.artifactRegistry}/v1/${repository}`);
  expect(unknown.status).toBe(401);
});

test("docker logs in, pushes and pulls under the rules of the registry", async (context) => {
  const stack = await requireStack(context);
  await using google = await startFakeGoogle({ stack });
  await using folder = await temporaryFolder();
  google.addRepository("fixed", { immutableTags: true });
  const docker = dockerWith(stack, folder.path);
  const name = (repository: string, tag = "v1") => `${google.registry}/${google.project}/${repository}/team/app:${tag}`;
  const make = async (label: string, ...names: readonly string[]) => {
    const input = `FROM scratch\nLABEL made="${label} ${google.registry}"\n`;
    await docker(["build", "-q", ...names.flatMap((one) => ["-t", one]), "-"], { input });
  };
  const refused = async (...args: readonly string[]) => (await docker(args, { allowFailure: true })).stderr;
  const login = (password: string) =>
    docker(["login", "-u", "oauth2accesstoken", "--password-stdin", google.registry], {
      input: password,
      allowFailure: true,
    });

  await make("one", name("images"), name("fixed"), name("none"), `${google.registry}/elsewhere/images/app:v1`);
  expect(await refused("push", name("images"))).toMatch(/No valid credential|unauthorized|authentication/i);
  expect((await login("nonsense")).exitCode).not.toBe(0);
  expect((await login(google.token().token)).exitCode).toBe(0);
  expect((await docker(["push", name("images")])).stdout).toContain(
    `digest: ${await google.digestOf(`${google.project}/images/team/app`, "v1")}`,
  );
  await docker(["pull", name("images")]);
  expect(await refused("push", name("none"))).toContain('Repository "none" not found');
  expect(await refused("push", `${google.registry}/elsewhere/images/app:v1`)).toContain(
    'Permission "artifactregistry.repositories.uploadArtifacts" denied',
  );
  // Artifact Registry, "Push and pull images", troubleshooting; the same content may be pushed again.
  await docker(["push", name("fixed")]);
  await docker(["push", name("fixed")]);
  await make("two", name("fixed"), name("images"));
  expect(await refused("push", name("fixed"))).toContain("The repository has enabled tag immutability");
  await docker(["push", name("images")]);

  const tag = `projects/${google.project}/locations/${google.location}/repositories/fixed/packages/team%2Fapp/tags/`;
  const found = await api(google, "GET", `${tag}v1`);
  expect(found).toMatchObject({
    version: expect.stringContaining((await google.digestOf(`${google.project}/fixed/team/app`, "v1")) ?? "nothing"),
  });
  expect(await api(google, "GET", `${tag}v9`)).toMatchObject({ status: 404 });

  google.denials.deny({ permission: "artifactregistry.repositories.uploadArtifacts", times: 1 });
  await make("three", name("images"));
  expect(await refused("push", name("images"))).toContain("uploadArtifacts");
  google.faults.push({ op: "registry.PutManifest", error: "UNAVAILABLE", times: 99 });
  expect(await refused("push", name("images"))).toMatch(/503|unavailable|scripted/i);
  google.faults.clear();
  google.revokeTokens();
  expect(await refused("pull", name("images"))).toMatch(/credential|unauthorized|authentication/i);
  expect(google.registryRequests.some(({ operation }) => operation === "PutManifest")).toBe(true);
});

test("challenges, tokens and bearer tokens are those of pkg.dev", async (context) => {
  await using google = await startFakeGoogle({ stack: await requireStack(context) });
  const url = `http://${google.registry}/v2/`;
  const realm = `Bearer realm="${google.endpoints.token}/v2/token"`;
  // apple/container#2274: the base says no service, a repository does.
  expect((await fetch(url)).headers.get("www-authenticate")).toBe(realm);
  const tags = `${url}${google.project}/images/app/tags/list`;
  const challenge = (await fetch(tags)).headers.get("www-authenticate");
  expect(challenge).toBe(`${realm},service="${google.registry}",scope="repository:${google.project}/images/app:pull"`);
  const { token } = google.token();
  const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}` });
  expect((await fetch(url, { headers: basic("oauth2accesstoken") })).status).toBe(200);
  expect((await fetch(url, { headers: basic("somebody") })).status).toBe(401);
  expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  const answer = await fetch(`${google.endpoints.token}/v2/token?service=x`, { headers: basic("oauth2accesstoken") });
  const exchanged = (await answer.json()) as { readonly token: string };
  expect((await fetch(url, { headers: { authorization: `Bearer ${exchanged.token}` } })).status).toBe(200);
  expect((await fetch(`${google.endpoints.token}/v2/token`)).status).toBe(401);
});

test("secrets have versions", async (context) => {
  await using google = await startFakeGoogle({ stack: await requireStack(context) });
  const headers = { authorization: `Bearer ${google.token().token}` };
  const first = google.addSecret("key", "one");
  google.addSecret("key", "two");
  const read = async (name: string) => {
    const response = await fetch(`${google.endpoints.secretManager}/v1/${name}:access`, { headers });
    const body = (await response.json()) as { readonly payload?: { readonly data: string } };
    return body.payload === undefined ? response.status : Buffer.from(body.payload.data, "base64").toString();
  };
  expect(await read(first)).toBe("one");
  expect(await read(first.replace(/1$/, "latest"))).toBe("two");
  expect(await read(first.replace(/1$/, "3"))).toBe(404);
  google.denials.deny({ permission: "secretmanager.versions.access" });
  expect(await read(first)).toBe(403);
});

function dockerWith(stack: Stack, folder: string) {
  const env = { DOCKER_HOST: stack.dockerHost, DOCKER_CONFIG: folder, HOME: folder, DOCKER_CONTEXT: undefined };
  return (args: readonly string[], options: { readonly input?: string; readonly allowFailure?: boolean } = {}) =>
    run([stack.dockerClient, ...args], { env, ...options });
}
