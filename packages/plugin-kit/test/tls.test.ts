import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { copyImage, RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../src/disk/temporary-folder.ts";
import { startFaultProxy } from "../src/index.ts";
import { failureOf } from "./fault-bench.ts";
import { sampleImage } from "./memory-image.ts";

const run = promisify(execFile);

async function hasOpenssl(): Promise<boolean> {
  try {
    await run("openssl", ["version"]);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A private certificate authority, and a key and certificate of it for this machine. */
async function makeAuthority(folder: TemporaryFolder, name: string) {
  const file = (ending: string): string => folder.join(`${name}.${ending}`);
  await run("openssl", [
    "req",
    "-x509",
    "-days",
    "2",
    ...newKey,
    "-keyout",
    file("ca.key"),
    "-out",
    file("ca.pem"),
    "-subj",
    `/CN=${name}`,
  ]);
  await run("openssl", ["req", ...newKey, "-keyout", file("key"), "-out", file("csr"), "-subj", "/CN=registry"]);
  await writeFile(file("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const issuer = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"];
  await run("openssl", [
    "x509",
    "-req",
    "-days",
    "2",
    "-in",
    file("csr"),
    "-out",
    file("pem"),
    ...issuer,
    "-extfile",
    file("ext"),
  ]);
  const text = (ending: string): Promise<string> => readFile(file(ending), "utf8");
  return { ca: await text("ca.pem"), key: await text("key"), cert: await text("pem") };
}

test.skipIf(!(await hasOpenssl()))(
  "a private certificate authority is trusted by `ca`, and by nothing else (needs openssl)",
  async () => {
    await using folder = await temporaryFolder();
    const authority = await makeAuthority(folder, "ours");
    const other = await makeAuthority(folder, "other");
    await using registry = await startRegistryServer();
    await using proxy = await startFaultProxy({
      target: registry.address,
      tls: authority,
      faults: [
        { match: { method: "PUT", path: "/blobs/" }, fault: { kind: "reset", afterBytes: 20_000 } },
        { match: { method: "GET", path: "/blobs/" }, fault: { kind: "redirect" } },
      ],
    });
    expect(proxy.url).toBe(`https://${proxy.address}`);
    const image = sampleImage("tls");
    const push = (client: RegistryClient) =>
      copyImage(image.medium, { tag: "v1" }, client.repository({ registry: proxy.address, repository: "a" }), {
        tag: "v1",
      });
    const retry = { attempts: 3, minDelayMs: 1, maxDelayMs: 2 };

    for (const ca of [undefined, other.ca]) {
      await using strict = new RegistryClient({ credentials: async () => undefined, proxy: {}, retry, ca });
      const error = await failureOf(push(strict));
      expect(error).toMatchObject({
        code: "REGISTRY_DOWN",
        hint: expect.stringMatching(/^pass the certificate authority of ".*" by "ca"/),
      });
      expect(error.details["cause"]).toMatch(/UNABLE_TO_|SELF_SIGNED/);
    }
    expect(proxy.requests).toEqual([]);

    await using trusting = new RegistryClient({
      credentials: async () => undefined,
      proxy: {},
      retry,
      ca: [other.ca, authority.ca],
    });
    await push(trusting);
    const repository = trusting.repository({ registry: proxy.address, repository: "a" });
    expect(await repository.tags()).toEqual(["v1"]);
    // Through a redirect to the other host, which has the same certificate.
    await repository.getBlob(image.config);
    expect(proxy.otherHostRequests).toHaveLength(1);
    expect(proxy.requests.flatMap(({ faults }) => [...faults]).sort()).toEqual(["redirect", "reset"]);
  },
);
