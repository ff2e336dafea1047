import {
  type Descriptor,
  digestOf,
  encodeManifest,
  type ImageIndex,
  type ImageManifest,
  mediaTypes,
} from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { RegistryClient } from "./registry-client.ts";
import type { RetryInfo } from "./registry-client-options.ts";
import { errorBody, reply, startScriptedServer } from "./testing/scripted-server.ts";
import { rejection, testClient } from "./testing/test-client.ts";

const config: Descriptor = { mediaType: mediaTypes.ociConfig, digest: digestOf("{}"), size: 2 };
const manifest: ImageManifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] };
const { bytes, descriptor } = encodeManifest(manifest);
const headers = { "content-type": descriptor.mediaType, "docker-content-digest": descriptor.digest };

describe("manifests", () => {
  test("are fetched by tag and by digest, with every form that is understood asked for", async () => {
    await using server = await startScriptedServer((_, response) => reply(response, 200, headers, bytes));
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const byTag = await repository.getManifest({ tag: "v1" });
    expect(byTag.descriptor).toEqual(descriptor);
    expect(byTag.manifest).toEqual(manifest);
    await repository.getManifest({ tag: "ignored", digest: descriptor.digest });
    expect(server.log).toEqual(["GET /v2/a/manifests/v1", `GET /v2/a/manifests/${descriptor.digest}`]);
    for (const type of [mediaTypes.ociIndex, mediaTypes.dockerManifest]) {
      expect(server.requests[0]?.headers.accept).toContain(type);
    }
  });

  test.each([
    ["text/plain; charset=utf-8", mediaTypes.ociManifest],
    [`${mediaTypes.ociManifest}; charset=utf-8`, mediaTypes.ociManifest],
  ])("of content type %s are understood", async (type, expected) => {
    await using server = await startScriptedServer((_, response) =>
      reply(response, 200, { "content-type": type }, bytes),
    );
    await using client = testClient();
    const found = await client.repository({ registry: server.address, repository: "a" }).getManifest({ tag: "v1" });
    expect(found.descriptor).toEqual({ ...descriptor, mediaType: expected });
  });

  test("with other bytes than the digest covers are refused", async () => {
    await using server = await startScriptedServer((_, response) => reply(response, 200, headers, `${manifest} `));
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    for (const reference of [{ tag: "v1" }, { digest: descriptor.digest }]) {
      expect((await rejection(repository.getManifest(reference))).code).toBe("DIGEST_MISMATCH");
    }
  });

  test("that are truncated on the way are fetched again", async () => {
    let count = 0;
    await using server = await startScriptedServer((_, response) => {
      if (++count > 1) return reply(response, 200, headers, bytes);
      response.writeHead(200, { ...headers, "content-length": String(bytes.length) });
      response.write(bytes.subarray(0, 10), () => response.socket?.destroy());
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect((await repository.getManifest({ tag: "v1" })).descriptor).toEqual(descriptor);
    expect(count).toBe(2);
  });

  test("of more than 4 MiB are not read", async () => {
    await using server = await startScriptedServer((_, response) => reply(response, 200, headers, Buffer.alloc(5e6)));
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect((await rejection(repository.getManifest({ tag: "v1" }))).code).toBe("REGISTRY_PROTOCOL");
  });

  test("are described by HEAD, by GET where HEAD is refused or tells too little", async () => {
    await using server = await startScriptedServer((request, response) => {
      if (request.path.includes("/missing")) return reply(response, 404);
      if (request.method === "GET") return reply(response, 200, headers, bytes);
      if (request.path.includes("/refused")) return reply(response, 405);
      response.writeHead(200, { ...(request.path.includes("/bare") ? {} : headers), "content-length": bytes.length });
      response.end();
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    for (const tag of ["v1", "refused", "bare"]) expect(await repository.headManifest({ tag })).toEqual(descriptor);
    expect(await repository.headManifest({ tag: "missing" })).toBeUndefined();
    expect(await repository.readManifest({ tag: "missing" })).toBeUndefined();
    expect(server.log.filter((line) => line === "GET /v2/a/manifests/v1")).toEqual([]);
  });

  test("are written under their tag or digest", async () => {
    await using server = await startScriptedServer((_, response) => reply(response, 201, headers));
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.writeManifest(bytes, descriptor.mediaType, { tag: "v1" })).toEqual(descriptor);
    await repository.writeManifest(bytes, descriptor.mediaType);
    expect(server.log).toEqual(["PUT /v2/a/manifests/v1", `PUT /v2/a/manifests/${descriptor.digest}`]);
    expect(server.requests[0]?.headers["content-type"]).toBe(descriptor.mediaType);
  });

  test("that name a blob the registry lacks keep the registry's code", async () => {
    await using server = await startScriptedServer((_, response) =>
      reply(response, 400, {}, errorBody("MANIFEST_BLOB_UNKNOWN")),
    );
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const error = await rejection(repository.writeManifest(bytes, descriptor.mediaType, { tag: "v1" }));
    expect(error).toMatchObject({ code: "REGISTRY_ERROR", details: { codes: ["MANIFEST_BLOB_UNKNOWN"] } });
  });
});

describe("names", () => {
  test("that a registry misread while another client was pushing are written again", async () => {
    let count = 0;
    const misread = { errors: [{ code: "DIGEST_INVALID" }, { code: "MANIFEST_BLOB_UNKNOWN" }] };
    await using server = await startScriptedServer((_, response) => {
      count++;
      if (count < 3) reply(response, 400, {}, JSON.stringify(misread));
      else reply(response, 201);
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.writeManifest(bytes, descriptor.mediaType, { tag: "v1" });
    expect(server.log).toEqual(Array.from({ length: 3 }, () => "PUT /v2/a/manifests/v1"));
  });

  test("that could lead elsewhere are refused before anything is sent", async () => {
    await using client = testClient();
    expect(() => client.repository({ registry: "ghcr.io", repository: "../x" })).toThrow(
      /not the name of a repository/,
    );
    const repository = client.repository({ registry: "ghcr.io", repository: "a" });
    expect((await rejection(repository.headManifest({ tag: "../../x" }))).code).toBe("REFERENCE_INVALID");
    expect((await rejection(repository.headManifest({}))).code).toBe("REFERENCE_INVALID");
    expect((await rejection(repository.hasBlob("sha256:../x"))).code).toBe("DIGEST_INVALID");
  });
});

describe("statuses", () => {
  test.each([
    [401, "REGISTRY_AUTH"],
    [403, "REGISTRY_DENIED"],
    [404, "REGISTRY_NOT_FOUND"],
    [429, "REGISTRY_RATE_LIMITED"],
    [500, "REGISTRY_ERROR"],
    [418, "REGISTRY_ERROR"],
    [204, "REGISTRY_PROTOCOL"],
  ])("%i is %s", async (status, code) => {
    await using server = await startScriptedServer((_, response) =>
      reply(response, status, {}, status === 204 ? "" : errorBody("X", "words")),
    );
    await using client = testClient();
    const error = await rejection(client.tags({ registry: server.address, repository: "acme/train" }));
    expect(error).toMatchObject({ code, details: { status, registry: server.address, repository: "acme/train" } });
    if (status !== 204) expect(error.message).toContain("X: words");
  });

  test("429 waits as long as it says; 503 as long as the policy says", async () => {
    let count = 0;
    await using server = await startScriptedServer((_, response) => {
      count++;
      if (count === 1) return reply(response, 429, { "retry-after": "0" });
      if (count === 2) return reply(response, 503);
      reply(response, 200, {}, { tags: ["v1"] });
    });
    const told: RetryInfo[] = [];
    await using client = testClient({ onRetry: (info) => told.push(info) });
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual(["v1"]);
    expect(told.map(({ attempt, delayMs }) => [attempt, delayMs === 0])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(told[0]?.what).toBe(`GET ${server.address}/a the list of tags`);
  });

  test("a rate limit that lasts for hours is told at once", async () => {
    await using server = await startScriptedServer((_, response) => reply(response, 429, { "retry-after": "21600" }));
    await using client = testClient();
    const error = await rejection(client.tags({ registry: server.address, repository: "a" }));
    expect(error.details).toMatchObject({ retryAfterSeconds: 21_600 });
    expect(server.log).toHaveLength(1);
  });
});

describe("connections", () => {
  test("that are reset are tried again", async () => {
    let count = 0;
    await using server = await startScriptedServer((request, response) => {
      if (++count < 3) return void request.raw.socket.resetAndDestroy();
      reply(response, 200, {}, { tags: [] });
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.tags()).toEqual([]);
  });

  test("that the server closed while they were idle cost no attempt", async () => {
    const seen = new Set<unknown>();
    await using server = await startScriptedServer((request, response) => {
      if (seen.has(request.raw.socket)) return void request.raw.socket.resetAndDestroy();
      seen.add(request.raw.socket);
      reply(response, 200, {}, { tags: [] });
    });
    await using client = testClient({ retry: { attempts: 1 } });
    const repository = client.repository({ registry: server.address, repository: "a" });
    for (let i = 0; i < 3; i++) expect(await repository.tags()).toEqual([]);
    expect(server.log).toHaveLength(5);
  });

  test("that nobody takes are told at once, with what to do", async () => {
    const gone = await startScriptedServer(() => {});
    await gone[Symbol.asyncDispose]();
    const told: RetryInfo[] = [];
    await using client = testClient({ onRetry: (info) => told.push(info) });
    const error = await rejection(client.ping(gone.address));
    expect(error).toMatchObject({
      code: "REGISTRY_DOWN",
      hint: expect.stringContaining("start the registry"),
      details: { cause: "ECONNREFUSED", url: `http://${gone.address}/v2/` },
    });
    expect(told).toEqual([]);
  });

  test("on which nothing happens are dead", async () => {
    await using server = await startScriptedServer(() => {});
    await using client = testClient({ timeoutMs: 30, retry: { attempts: 2 } });
    const error = await rejection(client.ping(server.address));
    expect(error).toMatchObject({ code: "REGISTRY_DOWN", details: { cause: "ETIMEDOUT" } });
    expect(server.log).toHaveLength(2);
  });

  test("are few: no more at once than allowed, and used again", async () => {
    let most = 0;
    await using server = await startScriptedServer((_, response) => {
      most = Math.max(most, server.sockets.size);
      setTimeout(() => reply(response, 200, {}, { tags: [] }), 5);
    });
    await using client = testClient({ maxConnections: 3 });
    const repository = client.repository({ registry: server.address, repository: "a" });
    await Promise.all(Array.from({ length: 12 }, () => repository.tags()));
    expect(most).toBe(3);
    expect(server.log).toHaveLength(12);
  });

  test("are gone when the client is closed, and so is what was running", async () => {
    await using server = await startScriptedServer((request, response) => {
      if (request.path.startsWith("/v2/fast/")) reply(response, 200, {}, { tags: [] });
    });
    const client = testClient();
    await client.tags({ registry: server.address, repository: "fast" });
    const running = rejection(client.tags({ registry: server.address, repository: "slow" }));
    await expect.poll(() => server.log.length).toBe(2);
    await client.close();
    expect((await running).code).toBe("ABORTED");
    await expect.poll(() => server.sockets.size).toBe(0);
    expect((await rejection(client.tags({ registry: server.address, repository: "fast" }))).code).toBe("ABORTED");
  });

  test("are destroyed within milliseconds of an abort", async () => {
    await using server = await startScriptedServer(() => {});
    await using client = testClient();
    const controller = new AbortController();
    const work = rejection(client.ping(server.address, { signal: controller.signal }));
    await expect.poll(() => server.log.length).toBe(1);
    const before = performance.now();
    controller.abort(new Error("enough"));
    const error = await work;
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(error).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    await expect.poll(() => server.sockets.size).toBe(0);
    expect((await rejection(client.ping(server.address, { signal: controller.signal }))).code).toBe("ABORTED");
  });

  test("without TLS are for loopback and the hosts named insecure", async () => {
    await using server = await startScriptedServer((_, response) => {
      reply(response, 302, { location: "http://storage.acme.invalid/x?signature=secret" });
    });
    await using client = testClient();
    const error = await rejection(client.tags({ registry: server.address, repository: "a" }));
    expect(error).toMatchObject({ code: "REGISTRY_PROTOCOL", hint: expect.stringContaining('"storage.acme.invalid"') });
    expect(JSON.stringify(error)).not.toContain("secret");
  });
});

test("redirects end after ten", async () => {
  await using server = await startScriptedServer((request, response) => {
    reply(response, 307, { location: `/v2/?${Number(request.path.split("?")[1] ?? 0) + 1}` });
  });
  await using client = testClient();
  expect(await rejection(client.ping(server.address))).toMatchObject({
    code: "REGISTRY_PROTOCOL",
    message: expect.stringContaining("more than 10 redirects"),
  });
  expect(server.log).toHaveLength(11);
});

describe("mirrors", () => {
  test("are asked first for what is pulled, never for what is pushed", async () => {
    await using mirror = await startScriptedServer((request, response) => {
      if (request.path.includes("/v1")) return reply(response, 200, headers, request.method === "HEAD" ? "" : bytes);
      reply(response, 404, {}, errorBody("MANIFEST_UNKNOWN"));
    });
    await using server = await startScriptedServer((request, response) => {
      if (request.method === "GET") return reply(response, 200, headers, bytes);
      reply(response, request.method === "HEAD" ? 404 : 201);
    });
    await using client = testClient({ mirrors: { [server.address]: [`http://${mirror.address}`] } });
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.getManifest({ tag: "v1" });
    expect(server.log).toEqual([]);
    await repository.getManifest({ tag: "v2" });
    expect(server.log).toEqual(["GET /v2/a/manifests/v2"]);
    await repository.writeManifest(bytes, descriptor.mediaType, { tag: "v1" });
    expect(await client.probe({ registry: server.address, repository: "a", tag: "v1" })).toEqual({ state: "absent" });
    expect(mirror.log.filter((line) => !line.startsWith("GET"))).toEqual([]);
  });

  test.each([500, 401, 403])("that answer %i are passed over, and those that are down for a while", async (status) => {
    const gone = await startScriptedServer(() => {});
    await gone[Symbol.asyncDispose]();
    await using mirror = await startScriptedServer((_, response) => reply(response, status));
    await using server = await startScriptedServer((_, response) => reply(response, 200, headers, bytes));
    const mirrors = { [server.address]: [`http://${gone.address}`, `http://${mirror.address}`] };
    await using client = testClient({ mirrors });
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect((await repository.getManifest({ tag: "v1" })).descriptor).toEqual(descriptor);
    expect(mirror.log.filter((line) => line !== "GET /v2/")).toHaveLength(1);
  });
});

describe("probe", () => {
  const reference = (registry: string) => ({ registry, repository: "a", tag: "v1" });

  test("tells present, absent and unknown apart", async () => {
    let status = 200;
    await using server = await startScriptedServer((_, response) => {
      response.writeHead(status, status === 200 ? { ...headers, "content-length": bytes.length } : {});
      response.end();
    });
    await using client = testClient();
    expect(await client.probe(reference(server.address))).toEqual({ state: "present", descriptor });
    status = 404;
    expect(await client.probe(reference(server.address))).toEqual({ state: "absent" });
    for (const [other, code] of [
      [403, "REGISTRY_DENIED"],
      [401, "REGISTRY_AUTH"],
      [500, "REGISTRY_ERROR"],
    ] as const) {
      status = other;
      expect(await client.probe(reference(server.address))).toMatchObject({ state: "unknown", error: { code } });
    }
  });

  test("asks the provider what a refusal means, with the registry's words", async () => {
    await using server = await startScriptedServer((request, response) => {
      reply(response, request.path.includes("/gone/") ? 403 : 404, {}, errorBody("DENIED", "no such repository"));
    });
    const provider = {
      name: "acme",
      matches: (registry: string) => registry === server.address,
      classifyAbsence: ({ status, body }: { status: number; body: string }) =>
        status === 404
          ? { unknown: "may be hidden" }
          : body.includes("no such repository")
            ? ("absent" as const)
            : undefined,
    };
    await using client = testClient({ providers: [provider] });
    expect(await client.probe({ ...reference(server.address), repository: "gone" })).toEqual({ state: "absent" });
    expect(await client.probe(reference(server.address))).toMatchObject({
      state: "unknown",
      reason: "may be hidden",
      error: { code: "REGISTRY_NOT_FOUND" },
    });
  });

  test("throws what is the caller's: an abort, a reference to nothing", async () => {
    await using client = testClient();
    const nothing = { registry: "127.0.0.1:1", repository: "a" };
    expect((await rejection(client.probe(nothing))).code).toBe("REFERENCE_INVALID");
    const aborted = { signal: AbortSignal.abort() };
    expect((await rejection(client.probe({ ...nothing, tag: "v1" }, aborted))).code).toBe("ABORTED");
  });
});

test("checkPush starts an upload and ends it, and tells a refusal", async () => {
  await using server = await startScriptedServer((request, response) => {
    if (request.path.startsWith("/v2/closed/")) return reply(response, 403, {}, errorBody("DENIED"));
    reply(response, request.method === "POST" ? 202 : 405, { location: "/v2/a/blobs/uploads/7" });
  });
  await using client = testClient();
  await client.checkPush({ registry: server.address, repository: "a" });
  expect(server.log).toEqual(["POST /v2/a/blobs/uploads/", "DELETE /v2/a/blobs/uploads/7"]);
  const error = await rejection(client.checkPush({ registry: server.address, repository: "closed" }));
  expect(error).toMatchObject({ code: "REGISTRY_DENIED", hint: expect.stringContaining("push") });
});

describe("tags", () => {
  test("come page after page", async () => {
    await using server = await startScriptedServer((request, response) => {
      const last = new URL(request.path, "http://x").searchParams.get("last");
      if (last === "b") return reply(response, 200, {}, { tags: null });
      const link = last === null ? "</v2/a/tags/list?last=a>" : `<http://${server.address}/v2/a/tags/list?last=b>`;
      reply(response, 200, { link: `${link}; rel="next"` }, { tags: last === null ? ["a"] : ["a", "b"] });
    });
    await using client = testClient();
    expect(await client.tags({ registry: server.address, repository: "a" })).toEqual(["a", "b"]);
  });

  test.each([
    ["a circle", { link: '</v2/a/tags/list?last=a>; rel="next"' }, { tags: [] }],
    ["no list", {}, { tags: "a" }],
    ["no JSON", {}, "<html>"],
  ])("%s is nonsense", async (_, head, body) => {
    await using server = await startScriptedServer((_, response) => reply(response, 200, head, body));
    await using client = testClient();
    const error = await rejection(client.tags({ registry: server.address, repository: "a" }));
    expect(error.code).toBe("REGISTRY_PROTOCOL");
  });
});

describe("referrers", () => {
  const referrer: ImageManifest = { ...manifest, artifactType: "application/x.sbom", subject: descriptor };
  const encoded = encodeManifest(referrer);
  const listed = { ...encoded.descriptor, artifactType: "application/x.sbom" };
  const other: Descriptor = { ...config, artifactType: "application/x.signature" };
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [other, listed] };

  test("by the API are filtered, whether or not the registry did so", async () => {
    await using server = await startScriptedServer((_, response) => {
      reply(response, 200, { "content-type": mediaTypes.ociIndex }, index);
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.referrers(descriptor.digest)).toHaveLength(2);
    expect(await repository.referrers(descriptor.digest, { artifactType: "application/x.sbom" })).toEqual([listed]);
    expect(server.log[1]).toContain("?artifactType=application%2Fx.sbom");
  });

  test("where the registry took note of the subject need no tag", async () => {
    await using server = await startScriptedServer((_, response) => {
      reply(response, 201, { "oci-subject": descriptor.digest });
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.pushReferrer(encoded.bytes, encoded.descriptor.mediaType)).toEqual(encoded.descriptor);
    expect(server.log).toHaveLength(1);
  });

  test("need a subject", async () => {
    await using client = testClient();
    const repository = client.repository({ registry: "127.0.0.1:1", repository: "a" });
    expect((await rejection(repository.pushReferrer(bytes, descriptor.mediaType))).code).toBe("MANIFEST_INVALID");
  });
});

test("a client that does nothing keeps no process alive", async () => {
  const before = process.getActiveResourcesInfo().length;
  await using _ = new RegistryClient();
  expect(process.getActiveResourcesInfo().length).toBe(before);
});

describe("for a daemon that speaks to registries by itself", () => {
  test("the login of exactly one registry", async () => {
    const asked: string[] = [];
    await using client = testClient({
      credentials: async ({ registry }) => {
        asked.push(registry);
        return registry === "ghcr.io" ? { kind: "basic", username: "me", password: "a-long-password" } : undefined;
      },
    });
    expect(await client.credentials("GHCR.io")).toMatchObject({ username: "me" });
    expect(await client.credentials("ghcr.io:444")).toBeUndefined();
    await client.credentials("registry-1.docker.io");
    expect(asked).toEqual(["ghcr.io", "ghcr.io:444", "docker.io"]);
  });

  test("the size of a blob that is there", async () => {
    const answers: Readonly<Record<string, [number, Record<string, string>]>> = {
      there: [200, { "content-length": "17" }],
      gone: [404, {}],
      odd: [405, {}],
    };
    await using server = await startScriptedServer((request, response) => {
      const name = Object.keys(answers).find((each) => request.path.endsWith(digestOf(each))) ?? "gone";
      const [status, headers] = answers[name] ?? [404, {}];
      response.writeHead(status, headers).end();
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.blobSize(digestOf("there"))).toBe(17);
    expect(await repository.blobSize(digestOf("gone"))).toBeUndefined();
    expect(await repository.blobSize(digestOf("odd"))).toBeUndefined();
  });

  test("whether a registry has TLS", async () => {
    await using client = testClient({ insecure: ["registry.lan:5000"] });
    expect(client.isPlain("registry.lan:5000")).toBe(true);
    expect(client.isPlain("localhost:5000")).toBe(true);
    expect(client.isPlain("ghcr.io")).toBe(false);
  });
});
