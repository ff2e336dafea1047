import { digestOf } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { errorBody, reply, type ScriptedRequest, startScriptedServer } from "../testing/scripted-server.ts";
import { collect, rejection, testClient } from "../testing/test-client.ts";
import type { CredentialRequest, Credentials } from "./credentials.ts";
import { staticCredentials } from "./static-credentials.ts";

const basic = (username: string, password: string): Credentials => ({ kind: "basic", username, password });
const basicHeader = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

interface TokenRegistryOptions {
  /** Answers a request to the token service: the token, or a status. */
  readonly issue: (request: ScriptedRequest, count: number) => string | number | object;
  /** Tokens that the registry takes at the n-th request. */
  readonly accepts: (authorization: string, request: ScriptedRequest) => boolean;
  readonly challenge?: (request: ScriptedRequest, realm: string) => string;
}

/** A registry with a token service of its own, on one port. */
async function startTokenRegistry(options: TokenRegistryOptions) {
  let issued = 0;
  const server = await startScriptedServer((request, response) => {
    if (request.path.startsWith("/token")) {
      const answer = options.issue(request, ++issued);
      if (typeof answer === "number") return reply(response, answer, {}, errorBody("UNAUTHORIZED"));
      return reply(response, 200, {}, typeof answer === "string" ? { token: answer, expires_in: 300 } : answer);
    }
    if (options.accepts(request.headers.authorization ?? "", request))
      return reply(response, 200, {}, { tags: ["v1"] });
    const realm = `http://${server.address}/token`;
    const challenge = options.challenge?.(request, realm) ?? `Bearer realm="${realm}",service="acme"`;
    reply(response, 401, { "www-authenticate": challenge }, errorBody("UNAUTHORIZED"));
  });
  return server;
}

describe("tokens", () => {
  test("are fetched once for equal scopes, also by many at once, with the credentials of the registry", async () => {
    await using server = await startTokenRegistry({ issue: () => "t1", accepts: (header) => header === "Bearer t1" });
    await using client = testClient({
      credentials: staticCredentials({ [server.address]: basic("ann", "secret pw") }),
    });
    const repository = client.repository({ registry: server.address, repository: "acme/train" });
    await Promise.all([repository.tags(), repository.tags(), repository.tags()]);
    await repository.tags();
    const tokenRequests = server.requests.filter(({ path }) => path.startsWith("/token"));
    expect(tokenRequests).toHaveLength(1);
    const [request] = tokenRequests;
    const query = new URL(request!.path, "http://x").searchParams;
    expect(query.getAll("scope")).toEqual(["repository:acme/train:pull"]);
    expect(query.get("service")).toBe("acme");
    expect(request!.headers.authorization).toBe(basicHeader("ann:secret pw"));
  });

  test("are asked for anonymously where there are no credentials", async () => {
    await using server = await startTokenRegistry({ issue: () => "t1", accepts: (header) => header === "Bearer t1" });
    await using client = testClient();
    await client.tags({ registry: server.address, repository: "acme/train" });
    expect(server.requests.find(({ path }) => path.startsWith("/token"))?.headers.authorization).toBeUndefined();
  });

  test("that expired in the middle are replaced once", async () => {
    let current = "t1";
    await using server = await startTokenRegistry({
      issue: (_, count) => `t${count}`,
      accepts: (header) => header === `Bearer ${current}`,
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.tags();
    current = "t2";
    await repository.tags();
    expect(server.log.filter((line) => line.startsWith("GET /token"))).toHaveLength(2);
  });

  test("near their end are not used any more", async () => {
    await using server = await startTokenRegistry({
      issue: (_, count) => ({ access_token: `t${count}`, expires_in: 0.01 }),
      accepts: (header) => header.startsWith("Bearer t"),
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.tags();
    await new Promise((resolve) => setTimeout(resolve, 15));
    await repository.tags();
    expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer t2");
  });

  test("get the scope that the registry's challenge adds", async () => {
    await using server = await startTokenRegistry({
      issue: (request) => (request.path.includes("extra") ? "wide" : "narrow"),
      accepts: (header) => header === "Bearer wide",
      challenge: (_, realm) => `Bearer realm="${realm}",scope="extra:thing:read"`,
    });
    await using client = testClient();
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual(["v1"]);
  });

  test("by an identity token come from a POST, and a new refresh token replaces the old", async () => {
    await using server = await startTokenRegistry({
      issue: (_, count) => ({ access_token: `t${count}`, refresh_token: `refresh${count}`, expires_in: 0.01 }),
      accepts: (header) => header.startsWith("Bearer t"),
    });
    const credentials = staticCredentials({ [server.address]: { kind: "identity-token", token: "refresh0" } });
    await using client = testClient({ credentials });
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.tags();
    await new Promise((resolve) => setTimeout(resolve, 15));
    await repository.tags();
    const forms = server.requests
      .filter(({ method }) => method === "POST")
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())));
    expect(forms.map((form) => form["refresh_token"])).toEqual(["refresh0", "refresh1"]);
    expect(forms[0]).toMatchObject({
      grant_type: "refresh_token",
      service: "acme",
      client_id: "imagespec",
      scope: "repository:a:pull",
    });
  });
});

describe("credentials", () => {
  test("that the token service refuses are asked for anew, once", async () => {
    const asked: CredentialRequest[] = [];
    await using server = await startTokenRegistry({
      issue: (request) => (request.headers.authorization === basicHeader("ann:new password") ? "t" : 401),
      accepts: (header) => header === "Bearer t",
    });
    const client = testClient({
      credentials: async (request) => {
        asked.push(request);
        return basic("ann", request.refresh === true ? "new password" : "old password");
      },
    });
    await using _ = client;
    await client.tags({ registry: server.address, repository: "a" });
    expect(asked.map(({ refresh }) => refresh ?? false)).toEqual([false, true]);
    expect(asked[0]).toMatchObject({ registry: server.address, repository: "a" });
  });

  test("that stay refused end in REGISTRY_AUTH, without a secret in it", async () => {
    await using server = await startTokenRegistry({ issue: () => 401, accepts: () => false });
    const credentials = async ({ refresh }: CredentialRequest) =>
      basic("ann", refresh === true ? "hunter3" : "hunter2");
    await using client = testClient({ credentials });
    const error = await rejection(client.tags({ registry: server.address, repository: "acme/train" }));
    expect(error).toMatchObject({
      code: "REGISTRY_AUTH",
      hint: expect.stringContaining(`docker login ${server.address}`),
      details: {
        registry: server.address,
        repository: "acme/train",
        status: 401,
        method: "GET",
        url: `http://${server.address}/v2/acme/train/tags/list`,
        codes: ["UNAUTHORIZED"],
      },
    });
    expect(JSON.stringify(error) + error.stack).not.toMatch(/hunter|aHVudGVy/);
    expect(server.log.length).toBeLessThan(12);
  });

  test("that are good but lack the right are denied; nobody at all is asked to log in", async () => {
    await using server = await startTokenRegistry({
      issue: () => "narrow",
      accepts: () => false,
      challenge: (request, realm) =>
        `Bearer realm="${realm}"${request.headers.authorization === undefined ? "" : ',error="insufficient_scope"'}`,
    });
    await using ann = testClient({ credentials: async () => basic("ann", "pw") });
    const reference = { registry: server.address, repository: "a" };
    expect(await rejection(ann.checkPush(reference))).toMatchObject({
      code: "REGISTRY_DENIED",
      hint: "ask for the right to push to this repository",
    });
    await using nobody = testClient();
    expect((await rejection(nobody.checkPush(reference))).code).toBe("REGISTRY_AUTH");
  });

  test("of the Basic scheme go with every request, and are refreshed when they expire", async () => {
    let password = "one";
    await using server = await startScriptedServer((request, response) => {
      if (request.headers.authorization === basicHeader(`ann:${password}`))
        return reply(response, 200, {}, { tags: [] });
      reply(response, 401, { "www-authenticate": 'Basic realm="x"' }, errorBody("UNAUTHORIZED"));
    });
    await using client = testClient({ credentials: async () => basic("ann", password) });
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.tags();
    await repository.tags();
    expect(server.log).toHaveLength(3);
    password = "two";
    await repository.tags();
    expect(server.log).toHaveLength(5);
  });

  test("of a login that ECR calls expired by 403 are refreshed too", async () => {
    await using server = await startScriptedServer((request, response) => {
      const sent = request.headers.authorization;
      if (sent === undefined) return reply(response, 401, { "www-authenticate": 'Basic realm="x"' });
      if (sent === basicHeader("AWS:fresh")) return reply(response, 200, {}, { tags: [] });
      reply(
        response,
        403,
        {},
        errorBody("DENIED", "Your authorization token has expired. Reauthenticate and try again."),
      );
    });
    const credentials = async ({ refresh }: CredentialRequest) => basic("AWS", refresh === true ? "fresh" : "stale");
    await using client = testClient({ credentials });
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual([]);
  });

  test("of kind bearer go to the registry as they are", async () => {
    await using server = await startTokenRegistry({
      issue: () => 500,
      accepts: (header) => header === "Bearer as-it-is",
    });
    const credentials = staticCredentials({ [server.address]: { kind: "bearer", token: "as-it-is" } });
    await using client = testClient({ credentials });
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual(["v1"]);
  });

  test("come from a provider that matches before the docker config, and after what was given", async () => {
    await using server = await startTokenRegistry({
      issue: (request) => request.headers.authorization ?? "none",
      accepts: (header) => header === `Bearer ${basicHeader("plugin:x")}`,
    });
    const provider = {
      name: "acme",
      matches: (registry: string) => registry === server.address,
      credentials: async () => basic("plugin", "x"),
    };
    await using client = testClient({ providers: [provider] });
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual(["v1"]);
  });

  test("are sent to a registry that hides private repositories behind 404", async () => {
    await using server = await startScriptedServer((request, response) => {
      if (request.headers.authorization === basicHeader("ann:pw")) return reply(response, 200, {}, { tags: ["x"] });
      if (request.path === "/v2/") return reply(response, 401, { "www-authenticate": 'Basic realm="x"' });
      reply(response, 404, {}, errorBody("NAME_UNKNOWN"));
    });
    await using client = testClient({ credentials: staticCredentials({ [server.address]: basic("ann", "pw") }) });
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual(["x"]);
  });
});

test("an abort while the token service is slow ends at once, and others still get the token", async () => {
  let answer = (): void => {};
  await using server = await startScriptedServer((request, response) => {
    if (request.path.startsWith("/token")) {
      answer = () => reply(response, 200, {}, { token: "t" });
      return;
    }
    if (request.headers.authorization === "Bearer t") return reply(response, 200, {}, { tags: ["v1"] });
    reply(response, 401, { "www-authenticate": `Bearer realm="http://${server.address}/token"` });
  });
  await using client = testClient();
  const repository = client.repository({ registry: server.address, repository: "a" });
  const controller = new AbortController();
  const aborted = rejection(repository.tags({ signal: controller.signal }));
  const other = repository.tags();
  setTimeout(() => controller.abort(), 30);
  // The token service is silent until the abort has had its effect.
  expect((await aborted).code).toBe("ABORTED");
  answer();
  expect(await other).toEqual(["v1"]);
});

test("a token service without TLS is not trusted with credentials", async () => {
  await using server = await startScriptedServer((_, response) => {
    reply(response, 401, { "www-authenticate": 'Bearer realm="http://auth.acme.invalid/token"' });
  });
  await using client = testClient({ credentials: staticCredentials({ [server.address]: basic("ann", "pw") }) });
  const error = await rejection(client.tags({ registry: server.address, repository: "a" }));
  expect(error).toMatchObject({ code: "REGISTRY_PROTOCOL", hint: expect.stringContaining('"auth.acme.invalid"') });
});

test("no Authorization header reaches the host that a blob is redirected to", async () => {
  const bytes = Buffer.from("layer");
  await using storage = await startScriptedServer((_, response) => reply(response, 200, {}, bytes));
  await using server = await startScriptedServer((request, response) => {
    if (request.headers.authorization === undefined) {
      return reply(response, 401, { "www-authenticate": 'Basic realm="x"' });
    }
    reply(response, 307, { location: `http://${storage.address}/signed?key=1` });
  });
  await using client = testClient({ credentials: staticCredentials({ [server.address]: basic("ann", "pw") }) });

  const repository = client.repository({ registry: server.address, repository: "a" });
  const stream = await repository.openBlob({ digest: digestOf(bytes), size: bytes.length });
  expect(await collect(stream)).toEqual(bytes);
  expect(server.requests.at(-1)?.headers.authorization).toBeDefined();
  expect(storage.requests).toHaveLength(1);
  expect(storage.requests[0]?.headers.authorization).toBeUndefined();
});
