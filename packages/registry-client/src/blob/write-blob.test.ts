import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ImageSpecError } from "@imagespec/errors";
import { type Descriptor, digestOf, mediaTypes } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import {
  errorBody,
  reply,
  type Script,
  type ScriptedRequest,
  startScriptedServer,
} from "../testing/scripted-server.ts";
import { rejection, testClient } from "../testing/test-client.ts";

const describeBytes = (bytes: Uint8Array): Descriptor => ({
  mediaType: mediaTypes.ociLayer,
  digest: digestOf(bytes),
  size: bytes.length,
});
const small = Buffer.from("small");
const large = randomBytes(200_000);

async function* inChunks(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** A registry that takes uploads; `first` may answer instead. */
function uploads(first?: (request: ScriptedRequest, response: ServerResponse) => boolean): Script {
  return (request, response) => {
    if (first?.(request, response)) return;
    if (request.method === "HEAD") return reply(response, 404);
    if (request.method === "POST") return reply(response, 202, { location: "/v2/a/blobs/uploads/1?_state=a%2Bb%20c" });
    reply(response, request.method === "DELETE" ? 204 : 201);
  };
}

test("a small blob takes POST and PUT, with the registry's query kept to the letter", async () => {
  await using server = await startScriptedServer(uploads());
  await using client = testClient();
  const told: number[] = [];
  const repository = client.repository({ registry: server.address, repository: "a" });
  const result = await repository.writeBlob(describeBytes(small), () => inChunks(small), {
    onProgress: (bytes) => told.push(bytes),
  });
  expect(result).toEqual({ action: "written" });
  expect(server.log).toEqual([
    "POST /v2/a/blobs/uploads/",
    `PUT /v2/a/blobs/uploads/1?_state=a%2Bb%20c&digest=${encodeURIComponent(digestOf(small))}`,
  ]);
  expect(server.requests[1]?.body.equals(small)).toBe(true);
  expect(server.requests[1]?.headers["content-length"]).toBe("5");
  expect(told).toEqual([5]);
});

test("a larger blob is asked for first, and not sent when it is there", async () => {
  let present = false;
  await using server = await startScriptedServer(
    uploads((request, response) => {
      if (!present || request.method !== "HEAD") return false;
      reply(response, 200, { "content-length": String(large.length) });
      return true;
    }),
  );
  await using client = testClient();
  const repository = client.repository({ registry: server.address, repository: "a" });
  expect(await repository.writeBlob(describeBytes(large), () => inChunks(large))).toEqual({ action: "written" });
  expect(server.requests.at(-1)?.body.equals(large)).toBe(true);
  present = true;
  expect(await repository.writeBlob(describeBytes(large), () => inChunks(large))).toEqual({ action: "exists" });
});

describe("locations", () => {
  test("may be absolute; another host gets no Authorization", async () => {
    await using storage = await startScriptedServer(uploads());
    await using server = await startScriptedServer((request, response) => {
      if (request.headers.authorization === undefined) return reply(response, 401, { "www-authenticate": "Basic" });
      reply(response, 202, { location: `http://${storage.address}/upload?sig=1` });
    });
    await using client = testClient({ credentials: async () => ({ kind: "basic", username: "ann", password: "pw" }) });
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.writeBlob(describeBytes(small), () => inChunks(small));
    expect(storage.log).toEqual([`PUT /upload?sig=1&digest=${encodeURIComponent(digestOf(small))}`]);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("are needed", async () => {
    await using server = await startScriptedServer((_, response) => reply(response, 202));
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const error = await rejection(repository.writeBlob(describeBytes(small), () => inChunks(small)));
    expect(error).toMatchObject({ code: "REGISTRY_PROTOCOL", message: expect.stringContaining('"Location"') });
  });

  test("a PUT is redirected within its host only", async () => {
    await using other = await startScriptedServer(uploads());
    await using server = await startScriptedServer(
      uploads((request, response) => {
        if (request.method !== "PUT" || request.path.startsWith("/moved")) return false;
        const host = request.path.includes("/b/") ? `http://${other.address}` : "";
        reply(response, 307, { location: `${host}/moved` });
        return true;
      }),
    );
    await using client = testClient();
    const registry = server.address;
    await client.repository({ registry, repository: "a" }).writeBlob(describeBytes(small), () => inChunks(small));
    expect(server.requests.at(-1)).toMatchObject({ path: "/moved", body: small });
  });
});

describe("faults", () => {
  test("an upload that is reset starts again with the content opened anew", async () => {
    let resets = 0;
    await using server = await startScriptedServer(uploads(), (request) => {
      if (request.method !== "PUT" || resets >= 2) return false;
      resets++;
      request.once("data", () => request.socket.resetAndDestroy());
      return true;
    });
    await using client = testClient();
    let opened = 0;
    const content = () => {
      opened++;
      return inChunks(large);
    };
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.writeBlob(describeBytes(large), content)).toEqual({ action: "written" });
    expect(opened).toBe(3);
    expect(server.log.filter((line) => line.startsWith("POST"))).toHaveLength(3);
    expect(server.requests.at(-1)?.body.equals(large)).toBe(true);
  });

  test("an upload whose answer alone got lost is not sent again", async () => {
    let stored = false;
    await using server = await startScriptedServer(
      uploads((request, response) => {
        if (request.method === "PUT") {
          stored = true;
          request.raw.socket.resetAndDestroy();
          return true;
        }
        if (request.method !== "HEAD" || !stored) return false;
        reply(response, 200);
        return true;
      }),
    );
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.writeBlob(describeBytes(small), () => inChunks(small))).toEqual({ action: "written" });
    expect(server.log.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  });

  test.each([
    [500, "INTERNAL"],
    [429, "TOOMANYREQUESTS"],
    [404, "BLOB_UPLOAD_UNKNOWN"],
  ])("status %i on the PUT restarts the upload", async (status, code) => {
    let failed = false;
    await using server = await startScriptedServer(
      uploads((request, response) => {
        if (request.method !== "PUT" || failed) return false;
        failed = true;
        reply(response, status, { "retry-after": "0" }, errorBody(code));
        return true;
      }),
    );
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.writeBlob(describeBytes(small), () => inChunks(small));
    const methods = server.log.filter((line) => line !== "GET /v2/").map((line) => line.split(" ")[0]);
    expect(methods).toEqual(["POST", "PUT", "HEAD", "POST", "PUT"]);
  });

  test("401 on the PUT gets a new token and sends the content again", async () => {
    let tokens = 0;
    await using server = await startScriptedServer(
      uploads((request, response) => {
        if (request.path.startsWith("/token")) {
          reply(response, 200, {}, { token: `t${++tokens}` });
          return true;
        }
        const wanted = request.method === "PUT" ? "Bearer t2" : "Bearer t1";
        if (request.headers.authorization === wanted) return false;
        reply(response, 401, { "www-authenticate": `Bearer realm="http://${server.address}/token"` });
        return true;
      }),
    );
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.writeBlob(describeBytes(small), () => inChunks(small));
    expect(server.requests.at(-1)).toMatchObject({ method: "PUT", body: small });
  });

  test("413 from a proxy before the end of the body says what to raise", async () => {
    await using server = await startScriptedServer(uploads(), (request, response) => {
      if (request.method !== "PUT") return false;
      request.resume();
      reply(response, 413, {}, "<html>too large</html>");
      return true;
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const error = await rejection(repository.writeBlob(describeBytes(large), () => inChunks(large, 1_000)));
    expect(error).toMatchObject({
      code: "REGISTRY_ERROR",
      hint: expect.stringContaining("client_max_body_size"),
      details: { status: 413 },
    });
  });

  test("a digest that the registry finds wrong is a mismatch", async () => {
    await using server = await startScriptedServer(
      uploads((request, response) => {
        if (request.method !== "PUT") return false;
        reply(response, 400, {}, errorBody("DIGEST_INVALID"));
        return true;
      }),
    );
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const error = await rejection(repository.writeBlob(describeBytes(small), () => inChunks(small)));
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH", details: { codes: ["DIGEST_INVALID"] } });
  });

  test.each([
    ["ends after 3 bytes", small.subarray(0, 3)],
    ["longer than its size", Buffer.concat([small, small])],
  ])("content that %s never counts as sent", async (message, sent) => {
    await using server = await startScriptedServer(uploads());
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const error = await rejection(repository.writeBlob(describeBytes(small), () => inChunks(sent)));
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH", message: expect.stringContaining(message) });
    expect(server.log).toEqual(["POST /v2/a/blobs/uploads/"]);
  });

  test("an error of the content is thrown as it is and not retried", async () => {
    await using server = await startScriptedServer(uploads());
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const failure = new ImageSpecError("STORE_CORRUPT", "no such file");
    const work = repository.writeBlob(describeBytes(small), async function* () {
      yield small.subarray(0, 2);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(server.log).toHaveLength(1);
  });

  test("an abort in the middle of an upload ends in milliseconds, and closes content and socket", async () => {
    let uploading: Socket | undefined;
    await using server = await startScriptedServer(uploads(), (request) => {
      if (request.method !== "PUT") return false;
      uploading = request.resume().socket;
      return true;
    });
    await using client = testClient();
    const controller = new AbortController();
    let closed = false;
    const repository = client.repository({ registry: server.address, repository: "a" });
    const endless: Descriptor = { ...describeBytes(large), size: 1e9 };
    const work = rejection(
      repository.writeBlob(
        endless,
        async function* () {
          try {
            for (;;) yield large;
          } finally {
            closed = true;
          }
        },
        { signal: controller.signal },
      ),
    );
    await expect.poll(() => uploading !== undefined).toBe(true);
    const before = performance.now();
    controller.abort();
    expect((await work).code).toBe("ABORTED");
    expect(performance.now() - before).toBeLessThan(10_000);
    await expect.poll(() => closed).toBe(true);
    await expect.poll(() => uploading?.destroyed).toBe(true);
  });

  test("a registry that does not read is a dead connection", async () => {
    await using server = await startScriptedServer(uploads(), (request) => request.method === "PUT");
    await using client = testClient({ timeoutMs: 50, retry: { attempts: 1 } });
    const repository = client.repository({ registry: server.address, repository: "a" });
    const endless: Descriptor = { ...describeBytes(large), size: 1e9 };
    const work = repository.writeBlob(endless, async function* () {
      for (;;) yield large;
    });
    expect(await rejection(work)).toMatchObject({ code: "REGISTRY_DOWN", details: { cause: "ETIMEDOUT" } });
  });
});

describe("mounts", () => {
  test("201 is all of it, with a token for both repositories", async () => {
    await using server = await startScriptedServer((request, response) => {
      if (request.path.startsWith("/token")) return reply(response, 200, {}, { token: "t" });
      if (request.headers.authorization !== undefined) return reply(response, 201);
      reply(response, 401, { "www-authenticate": `Bearer realm="http://${server.address}/token"` });
    });
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const options = { mountFrom: ["base/python"] };
    expect(await repository.writeBlob(describeBytes(large), () => inChunks(large), options)).toEqual({
      action: "mounted",
    });
    const token = server.requests.find(({ path }) => path.startsWith("/token"));
    expect(new URL(token!.path, "http://x").searchParams.getAll("scope")).toEqual([
      "repository:a:pull,push",
      "repository:base/python:pull",
    ]);
    const mount = new URL(server.requests.at(-1)!.path, "http://x").searchParams;
    expect([mount.get("mount"), mount.get("from")]).toEqual([digestOf(large), "base/python"]);
  });

  test("202 goes on in the session that it opened", async () => {
    await using server = await startScriptedServer(uploads());
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    await repository.writeBlob(describeBytes(small), () => inChunks(small), { mountFrom: ["b"] });
    expect(server.log.map((line) => line.split(" ")[0])).toEqual(["POST", "PUT"]);
  });

  test.each([401, 403, 404, 405])("%i means a plain upload", async (status) => {
    await using server = await startScriptedServer(
      uploads((request, response) => {
        if (!request.path.includes("mount=")) return false;
        reply(response, status, {}, errorBody("DENIED"));
        return true;
      }),
    );
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    const result = await repository.writeBlob(describeBytes(small), () => inChunks(small), { mountFrom: ["b"] });
    expect(result).toEqual({ action: "written" });
  });

  test("mountBlob leaves no session open", async () => {
    await using server = await startScriptedServer(uploads());
    await using client = testClient();
    const repository = client.repository({ registry: server.address, repository: "a" });
    expect(await repository.mountBlob(digestOf(small), "b")).toBe(false);
    expect(server.log.at(-1)).toBe("DELETE /v2/a/blobs/uploads/1?_state=a%2Bb%20c");
  });
});

test("a provider creates the repository that is not there, once for many blobs", async () => {
  let created = 0;
  await using server = await startScriptedServer(
    uploads((request, response) => {
      if (request.method !== "POST" || created > 0) return false;
      setTimeout(() => reply(response, 404, {}, errorBody("NAME_UNKNOWN")), 5);
      return true;
    }),
  );
  const provider = {
    name: "acme",
    matches: () => true,
    ensureRepository: async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      created++;
    },
  };
  await using client = testClient({ providers: [provider] });
  const repository = client.repository({ registry: server.address, repository: "a" });
  const blobs = [1, 2, 3].map((n) => Buffer.from(`blob ${n}`));
  await Promise.all(blobs.map((blob) => repository.writeBlob(describeBytes(blob), () => inChunks(blob))));
  expect(created).toBe(1);
});
