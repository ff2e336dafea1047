import { afterEach, describe, expect, test } from "vitest";
import type { RegistryAuthOptions } from "../options.ts";
import { type RegistryServer, startRegistryServer } from "../start-registry-server.ts";
import { createTestImage, errorCodes, pushImage } from "../testing/client.ts";

const users = { alice: "wonder:land", rita: "reads" };
const image = createTestImage("layer");
let server: RegistryServer;

afterEach(() => server.close());

async function start(auth: Omit<RegistryAuthOptions, "users">): Promise<void> {
  server = await startRegistryServer({ auth: { users, readers: ["rita"], ...auth } });
}

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
const alice = basic("alice", users.alice);
const rita = basic("rita", users.rita);

function send(method: string, path: string, authorization?: string): Promise<Response> {
  return fetch(`${server.url}${path}`, { method, headers: authorization ? { Authorization: authorization } : {} });
}

async function token(authorization: string | undefined, ...scopes: readonly string[]): Promise<string> {
  const query = new URLSearchParams({ service: "imagespec-registry" });
  for (const scope of scopes) query.append("scope", scope);
  const response = await send("GET", `/token?${query}`, authorization);
  expect(response.status).toBe(200);
  // Holds: the shape is what the registry promises.
  const body = (await response.json()) as { readonly token: string; readonly access_token: string };
  expect(body.access_token).toBe(body.token);
  return `Bearer ${body.token}`;
}

describe("basic", () => {
  test("asks for a password and checks it", async () => {
    await start({});
    const anonymous = await send("GET", "/v2/");
    expect(anonymous.headers.get("www-authenticate")).toBe('Basic realm="imagespec-registry"');
    expect([anonymous.status, await errorCodes(anonymous)]).toEqual([401, ["UNAUTHORIZED"]]);
    for (const wrong of [basic("alice", "no"), basic("nobody", ""), "Basic !", "Bearer x", basic("alice", "")]) {
      expect((await send("GET", "/v2/", wrong)).status).toBe(401);
    }
    expect((await send("GET", "/v2/", alice)).status).toBe(200);
    expect((await send("POST", "/v2/a/blobs/uploads/", alice)).status).toBe(202);
    expect((await send("GET", "/token")).status).toBe(404);
  });

  test("a reader is known and may not push", async () => {
    await start({});
    expect((await send("GET", "/v2/", rita)).status).toBe(200);
    const push = await send("POST", "/v2/a/blobs/uploads/", rita);
    expect([push.status, await errorCodes(push)]).toEqual([403, ["DENIED"]]);
    expect((await send("DELETE", `/v2/a/manifests/v1`, rita)).status).toBe(403);
  });

  test("everybody may pull when they are let", async () => {
    await start({ anonymousPull: true });
    expect((await send("GET", "/v2/")).status).toBe(200);
    expect((await send("GET", "/v2/a/manifests/v1")).status).toBe(404);
    expect((await send("POST", "/v2/a/blobs/uploads/")).status).toBe(401);
    expect((await send("GET", "/v2/_catalog")).status).toBe(401);
    expect((await send("GET", "/v2/", basic("alice", "no"))).status).toBe(401);
  });
});

describe("token", () => {
  test("the challenge says where to go and for what", async () => {
    await start({ scheme: "token" });
    const ping = await send("GET", "/v2/", alice);
    expect([ping.status, ping.headers.get("www-authenticate")]).toEqual([
      401,
      `Bearer realm="${server.url}/token",service="imagespec-registry"`,
    ]);
    const mount = await send("POST", `/v2/a/b/blobs/uploads/?mount=${image.digest}&from=c`);
    expect(mount.headers.get("www-authenticate")).toContain('scope="repository:a/b:pull,push repository:c:pull"');
    const remove = await send("DELETE", "/v2/a/manifests/v1");
    expect(remove.headers.get("www-authenticate")).toContain('scope="repository:a:delete"');
  });

  test("a token lets in for what it was asked for", async () => {
    await start({ scheme: "token" });
    const bearer = await token(alice, "repository:a:pull,push", "repository:b:pull");
    expect((await send("GET", "/v2/", bearer)).status).toBe(200);
    expect((await send("POST", "/v2/a/blobs/uploads/", bearer)).status).toBe(202);
    expect((await send("POST", `/v2/a/blobs/uploads/?mount=${image.digest}&from=b`, bearer)).status).toBe(202);
    const other = await send("POST", "/v2/b/blobs/uploads/", bearer);
    expect(other.status).toBe(401);
    expect(other.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    expect((await send("GET", "/v2/_catalog", bearer)).status).toBe(401);
    expect((await send("GET", "/v2/_catalog", await token(alice, "registry:catalog:*"))).status).toBe(200);
    expect((await send("GET", "/v2/", "Bearer nonsense")).headers.get("www-authenticate")).toContain("invalid_token");
  });

  test("a reader gets less than it asks for and is told that more would not help", async () => {
    await start({ scheme: "token" });
    const bearer = await token(rita, "repository:a:pull,push");
    expect((await send("GET", "/v2/a/manifests/v1", bearer)).status).toBe(404);
    const push = await send("POST", "/v2/a/blobs/uploads/", bearer);
    expect([push.status, await errorCodes(push)]).toEqual([403, ["DENIED"]]);
  });

  test("everybody gets a token to pull when they are let", async () => {
    await start({ scheme: "token", anonymousPull: true });
    const bearer = await token(undefined, "repository:a:pull,push");
    expect((await send("GET", "/v2/a/manifests/v1", bearer)).status).toBe(404);
    expect((await send("POST", "/v2/a/blobs/uploads/", bearer)).status).toBe(401);
    expect((await send("GET", "/token", basic("alice", "no"))).status).toBe(401);
    await server.close();
    await start({ scheme: "token" });
    expect((await send("GET", "/token?scope=repository:a:pull")).status).toBe(401);
  });

  test("OAuth clients post their password", async () => {
    await start({ scheme: "token" });
    const post = (form: Record<string, string>): Promise<Response> =>
      fetch(`${server.url}/token`, { method: "POST", body: new URLSearchParams(form) });
    const credentials = { grant_type: "password", username: "alice", password: users.alice };
    const response = await post({ ...credentials, scope: "repository:a:pull,push" });
    expect(response.status).toBe(200);
    const { access_token } = (await response.json()) as { readonly access_token: string };
    expect((await send("POST", "/v2/a/blobs/uploads/", `Bearer ${access_token}`)).status).toBe(202);
    expect((await post({ ...credentials, password: "no" })).status).toBe(401);
    expect((await post({ grant_type: "refresh_token", refresh_token: "x" })).status).toBe(400);
  });

  test("a token expires", async () => {
    await start({ scheme: "token", tokenLifetimeSeconds: 0 });
    expect((await send("GET", "/v2/", await token(alice))).status).toBe(401);
  });
});

test("without options everybody may do everything", async () => {
  server = await startRegistryServer();
  await pushImage(`${server.url}/v2/a`, image, "v1");
  expect((await send("DELETE", "/v2/a/manifests/v1")).status).toBe(202);
});
