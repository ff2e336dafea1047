import { createHash, randomBytes } from "node:crypto";
import { freePort, requireStack } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { startFakeGoogle } from "../../src/google/index.ts";
import { launch } from "../../src/shared/launch.ts";
import { defaultAuth, storageClient } from "./clients-adapter.ts";
import { goTool } from "./go-tool.ts";

type Storage = ReturnType<typeof storageClient>;

const md5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("base64");

/** What happens, in words that are the same for every server that keeps to the rules. */
async function transcript(storage: Storage): Promise<readonly string[]> {
  const lines: string[] = [];
  const note = async (what: string, action: () => Promise<unknown>) => {
    try {
      lines.push(`${what}: ${(await action()) ?? "ok"}`);
    } catch (error) {
      // Of a resumable upload only the message has the status.
      const code = (error as { readonly code?: unknown }).code ?? /status code (\d+)/.exec(String(error))?.[1];
      lines.push(`${what}: ${code ?? error}`);
    }
  };
  const once = { preconditionOpts: { ifGenerationMatch: 0 } };
  const simple = { resumable: false };
  const bucket = storage.bucket("transcript");
  const file = bucket.file("folder/a b ü.txt");
  await note("create the bucket", () => storage.createBucket("transcript").then(() => undefined));
  await note("an object that is not there", () => file.download());
  await note("write it once", () => file.save("hello wörld", { ...simple, ...once, contentType: "text/plain" }));
  await note("write it once more", () => file.save("other", { ...simple, ...once }));
  await note("resume writing it once more", () => file.save("other", { resumable: true, ...once }));
  await note("what it is", async () => {
    const [{ size, md5Hash, crc32c, contentType, name, bucket: of }] = await file.getMetadata();
    return JSON.stringify({ size: Number(size), md5Hash, crc32c, contentType, name, of });
  });
  await note("read it", async () => (await file.download())[0].toString());
  await note("read a part", async () => (await file.download({ start: 2, end: 4 }))[0].toString());
  await note("read from a place on", async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of file.createReadStream({ start: 6, validation: false, decompress: false }))
      chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  });
  await note("read past its end", () => file.download({ start: 100 }));
  await note("a wrong checksum", () =>
    bucket.file("wrong").save("hello", { ...simple, validation: false, metadata: { md5Hash: md5("bye") } }),
  );
  const { generation } = file.metadata;
  await note("write with its generation", () =>
    file.save("second", { ...simple, preconditionOpts: { ifGenerationMatch: Number(generation) } }),
  );
  await note("write with a generation that is gone", () =>
    file.save("third", { ...simple, preconditionOpts: { ifGenerationMatch: Number(generation) } }),
  );
  await note("the latest", async () => (await bucket.file(file.name).download())[0].toString());
  const big = randomBytes(3 << 20);
  await note("a resumable upload", () => bucket.file("big").save(big, { resumable: true }));
  await note("a resumable upload in parts", () =>
    bucket.file("parts").save(big, { resumable: true, chunkSize: 256 << 10 }),
  );
  await note("their bytes", async () => {
    const parts = await Promise.all(["big", "parts"].map((name) => bucket.file(name).download()));
    return parts.every(([bytes]) => md5(bytes) === md5(big));
  });
  await note("a list", async () => (await bucket.getFiles({ prefix: "folder/" }))[0].map(({ name }) => name));
  await note("whether it exists", async () => (await file.exists())[0]);
  await note("delete it", () => file.delete().then(() => undefined));
  await note("delete it again", () => file.delete());
  await note("whether it exists now", async () => (await file.exists())[0]);
  await note("no bucket", () => storage.bucket("no-such-bucket-here").file("x").save("x", simple));
  return lines;
}

test("objects obey the rules of Cloud Storage", async (context) => {
  await using google = await startFakeGoogle({ stack: await requireStack(context) });
  expect(await transcript(storageClient(google))).toEqual([
    "create the bucket: ok",
    "an object that is not there: 404",
    "write it once: ok",
    // "If set to 0, makes the operation succeed only if there are no live versions of the object" (Objects: insert).
    "write it once more: 412",
    "resume writing it once more: 412",
    'what it is: {"size":12,"md5Hash":"jG4V33Q6A4Cqom5XQXlNew==","crc32c":"6xtaNg==","contentType":"text/plain","name":"folder/a b ü.txt","of":"transcript"}',
    "read it: hello wörld",
    "read a part: llo",
    "read from a place on: wörld",
    "read past its end: 416",
    "a wrong checksum: 400",
    "write with its generation: ok",
    "write with a generation that is gone: 412",
    "the latest: second",
    "a resumable upload: ok",
    "a resumable upload in parts: ok",
    "their bytes: true",
    "a list: folder/a b ü.txt",
    "whether it exists: true",
    "delete it: ok",
    "delete it again: 404",
    "whether it exists now: false",
    "no bucket: 404",
  ]);
});

test("who may do what, whose bucket it is, and what is scripted", async (context) => {
  await using google = await startFakeGoogle({ stack: await requireStack(context) });
  const storage = storageClient(google);
  const bucket = storage.bucket(google.bucket);
  const file = bucket.file("x.txt");
  const code = (status: number) => ({ code: status });

  expect((await fetch(`${google.endpoints.storage}/storage/v1/b/${google.bucket}`)).status).toBe(401);
  expect((await bucket.getMetadata())[0]).toMatchObject({
    projectNumber: google.projectNumber,
    location: "EUROPE-WEST1",
  });
  google.addBucket("somebody-elses", "999");
  expect((await storage.bucket("somebody-elses").getMetadata())[0]).toMatchObject({ projectNumber: "999" });
  await expect(storage.createBucket("somebody-elses")).rejects.toMatchObject(code(409));
  await expect(storage.createBucket("Not_Valid!")).rejects.toMatchObject(code(400));
  await bucket.addLifecycleRule({ action: { type: "Delete" }, condition: { age: 7 } });
  expect((await bucket.getMetadata())[0].lifecycle?.rule).toMatchObject([{ condition: { age: 7 } }]);
  expect((await bucket.iam.testPermissions(["storage.objects.create"]))[0]).toEqual({ "storage.objects.create": true });

  google.denials.deny({ permission: "storage.objects.create", principal: google.principals.caller, times: 1 });
  await expect(file.save("x", { resumable: false })).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining(`${google.principals.caller} does not have storage.objects.create access`),
  });
  await file.save("x", { resumable: false });
  // Whoever replaces an object has to be allowed to delete (Objects: insert, required permissions).
  google.denials.deny({ permission: "storage.objects.delete" });
  await expect(file.save("y", { resumable: false })).rejects.toMatchObject(code(403));
  google.denials.clear();
  for (const [error, status] of [
    ["RESOURCE_EXHAUSTED", 429],
    ["UNAVAILABLE", 503],
  ] as const) {
    google.faults.push({ op: "storage.objects.download", error });
    await expect(file.download()).rejects.toMatchObject(code(status));
  }
  expect((await file.download())[0].toString()).toBe("x");
  const reads = google.requests.filter(({ operation }) => operation === "storage.objects.download");
  expect(reads.map(({ outcome }) => outcome)).toEqual(["RESOURCE_EXHAUSTED", "UNAVAILABLE", "OK"]);

  google.revokeTokens();
  await expect(bucket.getMetadata()).rejects.toMatchObject(code(401));
});

test("google-auth-library gets tokens, and new ones when they end", async (context) => {
  const stack = await requireStack(context);
  await using google = await startFakeGoogle({ stack });
  const client = await defaultAuth(google).getClient();
  const { token } = await client.getAccessToken();
  expect(token).toMatch(/^ya29\./);
  expect((await client.getAccessToken()).token).toBe(token);

  // Tokens that end within five minutes are not used again.
  await using short = await startFakeGoogle({ stack, tokenSeconds: 60 });
  const hasty = await defaultAuth(short).getClient();
  expect((await hasty.getAccessToken()).token).not.toBe((await hasty.getAccessToken()).token);
  short.faults.push({ op: "token", error: "UNAVAILABLE", times: 9 });
  await expect(hasty.getAccessToken()).rejects.toThrow();
  const ended = short.token(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const headers = { authorization: `Bearer ${ended.token}` };
  expect((await fetch(`${short.endpoints.storage}/storage/v1/b/${short.bucket}`, { headers })).status).toBe(401);

  const metadata = `${google.endpoints.token}/computeMetadata/v1/instance/service-accounts/default/token`;
  expect((await fetch(metadata)).status).toBe(403);
  const { access_token: given } = (await (
    await fetch(metadata, { headers: { "metadata-flavor": "Google" } })
  ).json()) as {
    readonly access_token: string;
  };
  const about = `${google.endpoints.storage}/storage/v1/b/${google.bucket}`;
  expect((await fetch(about, { headers: { authorization: `Bearer ${given}` } })).status).toBe(200);
});

test.runIf(process.env["IMAGESPEC_WHOLE"])("fake-gcs-server says the same", { timeout: 900_000 }, async (context) => {
  const program = await goTool("github.com/fsouza/fake-gcs-server", "v1.56.1");
  if (program === undefined) {
    if (process.env["CI"]) throw new Error("Go is missing: it builds fake-gcs-server");
    return context.skip("Go is missing: it builds fake-gcs-server");
  }
  await using google = await startFakeGoogle({ stack: await requireStack(context) });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await launch({
    name: "fake-gcs-server",
    argv: [
      ...[program, "-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-backend", "memory"],
      ...["-external-url", url, "-public-host", `127.0.0.1:${port}`, "-log-level", "error"],
    ],
    ready: async () => {
      try {
        return (await fetch(`${url}/storage/v1/b`)).ok;
      } catch {
        // Not yet listening.
        return false;
      }
    },
  });
  try {
    expect(await transcript(storageClient(google, url))).toEqual(await transcript(storageClient(google)));
  } finally {
    await server.stop();
  }
});
