import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, encodeManifest, mediaTypes } from "@imagespec/oci";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RegistryRequestEntry, RegistryServerOptions } from "./options.ts";
import { type RegistryServer, startRegistryServer } from "./start-registry-server.ts";
import { createTestImage, errorCodes, pushBlob, pushImage, putManifest } from "./testing/client.ts";

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "registry-server-"));
  folders.push(folder);
  return folder;
}

let server: RegistryServer;
let repository: string;
let entries: RegistryRequestEntry[];

async function start(options: RegistryServerOptions = {}): Promise<void> {
  entries = [];
  server = await startRegistryServer({ onRequest: (entry) => void entries.push(entry), ...options });
  repository = `${server.url}/v2/acme/train`;
}

afterEach(async () => {
  await server.close();
  expect(entries.filter(({ status }) => status >= 500)).toEqual([]);
});

const image = createTestImage("first layer", "second layer");
const head = (url: string): Promise<Response> => fetch(url, { method: "HEAD" });
const post = (url: string, init: RequestInit = {}): Promise<Response> => fetch(url, { ...init, method: "POST" });

async function startUpload(): Promise<string> {
  const response = await post(`${repository}/blobs/uploads/`);
  expect(response.status).toBe(202);
  expect(response.headers.get("range")).toBe("0-0");
  expect(response.headers.get("docker-upload-uuid")).toMatch(/^[0-9a-f-]{36}$/);
  return new URL(response.headers.get("location")!, server.url).href;
}

describe.each([
  ["memory", async () => ({})],
  ["folder", async () => ({ root: await newFolder() })],
] as const)("a registry in %s", (_, options) => {
  beforeEach(async () => start(await options()));

  test("answers the ping and says what it does not know", async () => {
    const ping = await fetch(`${server.url}/v2/`);
    expect(ping.status).toBe(200);
    expect(ping.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
    expect((await fetch(`${server.url}/v1/search`)).status).toBe(404);
    const wrong = await fetch(`${server.url}/v2/`, { method: "DELETE" });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET, HEAD");
    expect(await errorCodes(wrong)).toEqual(["UNSUPPORTED"]);
    expect((await fetch(`${server.url}//`)).status).toBe(404);
    expect((await fetch(`${server.url}/v2/%ff/manifests/a`)).status).toBe(400);
  });

  test("gives back an image as it was pushed", async () => {
    await pushImage(repository, image, "v1");
    for (const reference of ["v1", image.digest]) {
      const response = await fetch(`${repository}/manifests/${reference}`);
      expect(response.headers.get("content-type")).toBe(mediaTypes.ociManifest);
      expect(response.headers.get("docker-content-digest")).toBe(image.digest);
      expect(digestOf(new Uint8Array(await response.arrayBuffer()))).toBe(image.digest);
    }
    const probed = await head(`${repository}/manifests/v1`);
    expect(probed.headers.get("content-length")).toBe(`${image.manifest.length}`);
    for (const [digest, bytes] of image.blobs) {
      const response = await fetch(`${repository}/blobs/${digest}`);
      expect(response.headers.get("docker-content-digest")).toBe(digest);
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(bytes));
      expect((await head(`${repository}/blobs/${digest}`)).headers.get("content-length")).toBe(`${bytes.length}`);
    }
  });

  test("a blob is visible only where it was pushed or mounted", async () => {
    const digest = await pushBlob(repository, "shared");
    const other = `${server.url}/v2/other`;
    const unknown = await fetch(`${other}/blobs/${digest}`);
    expect([unknown.status, await errorCodes(unknown)]).toEqual([404, ["BLOB_UNKNOWN"]]);

    const wrongSource = await post(`${other}/blobs/uploads/?mount=${digest}&from=third`);
    expect(wrongSource.status).toBe(202);
    const mounted = await post(`${other}/blobs/uploads/?mount=${digest}&from=acme/train`);
    expect([mounted.status, mounted.headers.get("location")]).toEqual([201, `/v2/other/blobs/${digest}`]);
    expect((await head(`${other}/blobs/${digest}`)).status).toBe(200);
    expect((await post(`${server.url}/v2/third/blobs/uploads/?mount=${digest}`)).status).toBe(201);

    expect((await fetch(`${repository}/blobs/${digest}`, { method: "DELETE" })).status).toBe(202);
    expect((await head(`${repository}/blobs/${digest}`)).status).toBe(404);
    expect(await (await fetch(`${other}/blobs/${digest}`)).text()).toBe("shared");
  });

  test("takes a blob in chunks, in order", async () => {
    const upload = await startUpload();
    const patch = (body: string, range: string): Promise<Response> =>
      fetch(upload, { method: "PATCH", body, headers: { "Content-Range": range } });

    const first = await patch("hello ", "0-5");
    expect([first.status, first.headers.get("range")]).toEqual([202, "0-5"]);
    const outOfOrder = await patch("!", "11-11");
    expect([outOfOrder.status, outOfOrder.headers.get("range")]).toEqual([416, "0-5"]);
    const wrongLength = await patch("worl", "6-10");
    expect([wrongLength.status, await errorCodes(wrongLength)]).toEqual([400, ["SIZE_INVALID"]]);
    expect((await patch("x", "nonsense")).status).toBe(400);
    const status = await fetch(upload);
    expect([status.status, status.headers.get("range")]).toEqual([204, "0-5"]);

    const digest = digestOf("hello world");
    const last = await fetch(`${upload}?digest=${digest}`, {
      method: "PUT",
      body: "world",
      headers: { "Content-Range": "6-10" },
    });
    expect([last.status, last.headers.get("docker-content-digest")]).toEqual([201, digest]);
    expect(await (await fetch(`${repository}/blobs/${digest}`)).text()).toBe("hello world");
    expect((await fetch(upload)).status).toBe(404);
  });

  test("keeps what arrived before a connection broke", async () => {
    const upload = await startUpload();
    const broken = request(upload, { method: "PATCH", headers: { "Content-Length": 100 } });
    broken.on("error", () => {});
    broken.write("hello ");
    await expect.poll(async () => (await fetch(upload)).headers.get("range")).toBe("0-5");
    // The next request arrives while the registry still waits for the rest of the first.
    const digest = digestOf("hello world");
    const finished = await fetch(`${upload}?digest=${digest}`, { method: "PUT", body: "world" });
    expect(finished.status).toBe(201);
    broken.destroy();
  });

  test("drops an upload that is cancelled or has another digest", async () => {
    const cancelled = await startUpload();
    expect((await fetch(cancelled, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(cancelled, { method: "PATCH", body: "x" })).status).toBe(404);
    expect((await fetch(cancelled, { method: "DELETE" })).status).toBe(404);

    const wrong = await startUpload();
    const response = await fetch(`${wrong}?digest=${digestOf("a")}`, { method: "PUT", body: "b" });
    expect([response.status, await errorCodes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
    expect((await fetch(wrong)).status).toBe(404);
    expect((await post(`${repository}/blobs/uploads/?digest=${digestOf("a")}`, { body: "b" })).status).toBe(400);
    expect((await head(`${repository}/blobs/${digestOf("a")}`)).status).toBe(404);
  });

  test("an upload belongs to its repository, and its id is never a path", async () => {
    const upload = new URL(await startUpload());
    expect((await fetch(upload.href.replace("acme/train", "acme/other"))).status).toBe(404);
    for (const id of ["x", "..", "%2e%2e%2fblobs", "..%5cblobs"]) {
      expect((await fetch(`${repository}/blobs/uploads/${id}`)).status).toBeGreaterThanOrEqual(400);
    }
  });

  test("refuses digests that are none", async () => {
    const upload = await startUpload();
    for (const url of [
      `${upload}?digest=sha256:abc`,
      upload,
      `${upload}?digest=md5:d41d8cd98f00b204e9800998ecf8427e`,
    ]) {
      const response = await fetch(url, { method: "PUT" });
      expect([response.status, await errorCodes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
    }
    expect((await post(`${repository}/blobs/uploads/?digest-algorithm=md5`)).status).toBe(400);
    expect((await fetch(`${repository}/blobs/sha256:abc`)).status).toBe(400);
    expect((await fetch(`${repository}/referrers/sha256:abc`)).status).toBe(400);
  });

  test("takes sha512 and serves parts", async () => {
    const digest = digestOf("0123456789", "sha512");
    const url = `${repository}/blobs/${digest}`;
    expect((await post(`${repository}/blobs/uploads/?digest=${digest}`, { body: "0123456789" })).status).toBe(201);
    const part = await fetch(url, { headers: { Range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const outside = await fetch(url, { headers: { Range: "bytes=10-" } });
    expect([outside.status, outside.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    const changed = await fetch(url, { headers: { Range: "bytes=2-4", "If-Range": '"other"' } });
    expect(changed.status).toBe(200);
    expect((await fetch(url, { headers: { "If-None-Match": `"${digest}"` } })).status).toBe(304);
  });

  test("takes an empty blob", async () => {
    const digest = await pushBlob(repository, "");
    const response = await fetch(`${repository}/blobs/${digest}`);
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("refuses a manifest whose blobs are missing, and names them", async () => {
    const response = await putManifest(repository, "v1", image.manifest);
    expect(response.status).toBe(400);
    expect(new Set(await errorCodes(response))).toEqual(new Set(["MANIFEST_BLOB_UNKNOWN"]));
    expect((await head(`${repository}/manifests/v1`)).status).toBe(404);
  });

  test("refuses what is not a manifest", async () => {
    const invalid = await putManifest(repository, "v1", "{}");
    expect([invalid.status, await errorCodes(invalid)]).toEqual([400, ["MANIFEST_INVALID"]]);
    const otherDigest = await putManifest(repository, digestOf("other"), image.manifest);
    expect([otherDigest.status, await errorCodes(otherDigest)]).toEqual([400, ["DIGEST_INVALID"]]);
    expect((await putManifest(repository, "-v1", image.manifest)).status).toBe(400);
    const name = await putManifest(`${server.url}/v2/Acme`, "v1", image.manifest);
    expect([name.status, await errorCodes(name)]).toEqual([400, ["NAME_INVALID"]]);
    expect((await head(`${repository}/manifests/-v1`)).status).toBe(404);
  });

  test("refuses a manifest over the limit, with a length and without", async () => {
    const large = `{"schemaVersion":2,"padding":"${"x".repeat(4 * 1024 * 1024)}"}`;
    const response = await putManifest(repository, "v1", large);
    expect([response.status, await errorCodes(response)]).toEqual([413, ["SIZE_INVALID"]]);
    const stream = new Blob([large]).stream();
    const chunked = await fetch(`${repository}/manifests/v1`, {
      method: "PUT",
      body: stream,
      duplex: "half",
      headers: { "Content-Type": mediaTypes.ociManifest },
    } as RequestInit);
    expect([chunked.status, await errorCodes(chunked)]).toEqual([413, ["SIZE_INVALID"]]);
  });

  test("pushes by digest with several tags at once", async () => {
    await pushImage(repository, image);
    const response = await putManifest(repository, `${image.digest}?tag=a&tag=B&tag=b`, image.manifest);
    expect([response.status, response.headers.get("oci-tag")]).toEqual([201, "a, B, b"]);
    expect(await (await fetch(`${repository}/tags/list`)).json()).toEqual({
      name: "acme/train",
      tags: ["B", "a", "b"],
    });
  });

  test("pages through tags and repositories", async () => {
    await pushImage(repository, image, "t");
    for (const tag of ["b", "a", "c"]) await putManifest(repository, tag, image.manifest);
    await pushImage(`${server.url}/v2/acme`, image, "v1");
    const list = (query: string): Promise<Response> => fetch(`${repository}/tags/list?${query}`);
    const first = await list("n=2");
    expect(first.headers.get("link")).toBe('</v2/acme/train/tags/list?last=b&n=2>; rel="next"');
    expect(await first.json()).toMatchObject({ tags: ["a", "b"] });
    const second = await list("last=b&n=2");
    expect(second.headers.get("link")).toBeNull();
    expect(await second.json()).toMatchObject({ tags: ["c", "t"] });
    expect(await (await list("n=0")).json()).toMatchObject({ tags: [] });
    expect((await list("n=-1")).status).toBe(400);
    expect(await (await fetch(`${server.url}/v2/_catalog`)).json()).toEqual({ repositories: ["acme", "acme/train"] });
    expect((await fetch(`${server.url}/v2/none/tags/list`)).status).toBe(404);
  });

  test("deletes tags alone, and manifests with their tags", async () => {
    await pushImage(repository, image, "a");
    await putManifest(repository, "b", image.manifest);
    const remove = async (reference: string): Promise<number> =>
      (await fetch(`${repository}/manifests/${reference}`, { method: "DELETE" })).status;
    expect(await remove("a")).toBe(202);
    expect(await remove("a")).toBe(404);
    expect((await head(`${repository}/manifests/b`)).status).toBe(200);
    expect(await remove(image.digest)).toBe(202);
    expect(await remove(image.digest)).toBe(404);
    expect((await head(`${repository}/manifests/b`)).status).toBe(404);
    await putManifest(repository, image.digest, image.manifest);
    expect(await (await fetch(`${repository}/tags/list`)).json()).toMatchObject({ tags: [] });
  });

  test("lists referrers, whichever came first", async () => {
    const config = await pushBlob(repository, "{}");
    const subject = { mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length };
    const artifact = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: "application/vnd.example.sbom",
      config: { mediaType: mediaTypes.ociEmpty, digest: config, size: 2 },
      layers: [],
      subject,
      annotations: { made: "today" },
    });
    const pushed = await putManifest(repository, artifact.descriptor.digest, artifact.bytes);
    expect(pushed.headers.get("oci-subject")).toBe(image.digest);
    await pushImage(repository, image, "v1");

    const url = `${repository}/referrers/${image.digest}`;
    const all = await fetch(url);
    expect(all.headers.get("content-type")).toBe(mediaTypes.ociIndex);
    expect(all.headers.get("oci-filters-applied")).toBeNull();
    expect(await all.json()).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [
        {
          ...artifact.descriptor,
          artifactType: "application/vnd.example.sbom",
          annotations: { made: "today" },
        },
      ],
    });
    const filtered = await fetch(`${url}?artifactType=other`);
    expect(filtered.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(await filtered.json()).toMatchObject({ manifests: [] });
    await fetch(`${repository}/manifests/${artifact.descriptor.digest}`, { method: "DELETE" });
    expect(await (await fetch(url)).json()).toMatchObject({ manifests: [] });
  });

  test("guards a tag against other clients", async () => {
    const other = createTestImage("other");
    await pushImage(repository, other);
    await pushImage(repository, image, "v1");
    const put = async (headers: Record<string, string>): Promise<number> =>
      (await putManifest(repository, "v1", other.manifest, { "Content-Type": mediaTypes.ociManifest, ...headers }))
        .status;
    expect(await put({ "If-None-Match": "*" })).toBe(412);
    expect(await put({ "If-Match": `"${other.digest}"` })).toBe(412);
    expect(await put({ "If-Match": `"${image.digest}"` })).toBe(201);
    const fresh = await Promise.all(
      [image, other, image].map(({ manifest }) =>
        putManifest(repository, "fresh", manifest, {
          "Content-Type": mediaTypes.ociManifest,
          "If-None-Match": "*",
        }),
      ),
    );
    expect(fresh.map(({ status }) => status).sort()).toEqual([201, 412, 412]);
    const etag = (await head(`${repository}/manifests/fresh`)).headers.get("etag")!;
    const unchanged = await fetch(`${repository}/manifests/fresh`, { headers: { "If-None-Match": etag } });
    expect(unchanged.status).toBe(304);
  });

  test("clients that push and delete the same content at once do not lose it", async () => {
    await Promise.all(
      Array.from({ length: 12 }, async (_, number) => {
        const mine = `${server.url}/v2/repository-${number % 4}/${number}`;
        for (let round = 0; round < 3; round++) {
          await pushImage(mine, image, "v1");
          expect((await head(`${mine}/manifests/v1`)).status).toBe(200);
          for (const digest of image.blobs.keys()) {
            expect(await (await fetch(`${mine}/blobs/${digest}`)).arrayBuffer()).toBeDefined();
            await fetch(`${mine}/blobs/${digest}`, { method: "DELETE" });
          }
          await fetch(`${mine}/manifests/${image.digest}`, { method: "DELETE" });
        }
      }),
    );
    expect(entries.filter(({ method, status }) => method !== "HEAD" && status >= 400)).toEqual([]);
  });

  test("reports every request", async () => {
    await pushBlob(repository, "counted");
    await (await fetch(`${repository}/blobs/${digestOf("counted")}`)).text();
    await expect.poll(() => entries.length).toBe(2);
    expect(entries).toMatchObject([
      { method: "POST", status: 201, bytesIn: 7, bytesOut: 0 },
      { method: "GET", path: `/v2/acme/train/blobs/${digestOf("counted")}`, status: 200, bytesIn: 0, bytesOut: 7 },
    ]);
  });
});

describe("options", () => {
  test("an index may name manifests that are missing, unless they are asked for", async () => {
    const index = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [{ mediaType: mediaTypes.ociManifest, digest: image.digest, size: image.manifest.length }],
    });
    const type = { "Content-Type": mediaTypes.ociIndex };
    await start();
    expect((await putManifest(repository, "v1", index.bytes, type)).status).toBe(201);
    await server.close();
    await start({ sparseIndex: false });
    const refused = await putManifest(repository, "v1", index.bytes, type);
    expect([refused.status, await errorCodes(refused)]).toEqual([400, ["MANIFEST_BLOB_UNKNOWN"]]);
  });

  test("a read-only registry serves and refuses", async () => {
    const root = await newFolder();
    await start({ root });
    await pushImage(repository, image, "v1");
    await server.close();
    await start({ root, readOnly: true });
    expect((await fetch(`${repository}/manifests/v1`)).status).toBe(200);
    const push = await post(`${repository}/blobs/uploads/`);
    expect([push.status, push.headers.get("allow"), await errorCodes(push)]).toEqual([405, "", ["UNSUPPORTED"]]);
    expect((await fetch(`${repository}/manifests/v1`, { method: "DELETE" })).status).toBe(405);
  });

  test("a registry without referrers plays an old one", async () => {
    await start({ referrersApi: false });
    expect((await fetch(`${repository}/referrers/${image.digest}`)).status).toBe(404);
  });

  test("a port that is taken and a folder that cannot be are named", async () => {
    await start();
    const port = Number(server.address.split(":")[1]);
    await expect(startRegistryServer({ port })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const root = await newFolder();
    await expect(startRegistryServer({ root: `${root}/\0` })).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
    await expect(startRegistryServer({ tls: { key: "x", cert: "y" } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

describe("close", () => {
  test("ends idle connections at once and is the same the second time", async () => {
    await start();
    const agent = new Agent({ keepAlive: true });
    const get = request(`${server.url}/v2/`, { agent }).end();
    const [response] = await once(get, "response");
    response.resume();
    await once(response, "end");
    const startedAt = performance.now();
    await Promise.all([server.close(), server.close()]);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    agent.destroy();
  });

  test("cuts clients that do not come to an end", async () => {
    await start({ root: await newFolder() });
    const upload = new URL(await startUpload());
    const socket = connect(Number(upload.port), upload.hostname);
    socket.on("error", () => {});
    socket.write(`PATCH ${upload.pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello`);
    await expect.poll(async () => (await fetch(upload)).headers.get("range")).toBe("0-4");
    await server.close();
    expect(entries.at(-1)).toMatchObject({ method: "PATCH", bytesIn: 5 });
    socket.destroy();
  });
});
