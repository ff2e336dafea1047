import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Descriptor, digestOf, mediaTypes } from "@imagespec/oci";
import { type RegistryServer, startRegistryServer } from "@imagespec/registry-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, rejection, testClient } from "../src/testing/test-client.ts";

const run = promisify(execFile);
const name = "registry.acme.test";
const blob = Buffer.alloc(3_000_000, "blob");
const descriptor: Descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(blob), size: blob.length };

let folder: string;
let cert: string;
let secure: RegistryServer;
let plain: RegistryServer;
let proxy: Server;
let proxyUrl: string;
const proxyLog: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-tls-"));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  await run("openssl", ["req", "-x509", "-days", "2", ...key, "-out", certFile, ...subject]);
  cert = await readFile(certFile, "utf8");
  secure = await startRegistryServer({ tls: { key: await readFile(keyFile, "utf8"), cert } });
  plain = await startRegistryServer();
  proxy = createServer();
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxyUrl = `http://user:pass%20word@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  serveProxy(proxy);
});
afterAll(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await Promise.all([secure.close(), plain.close()]);
  await rm(folder, { recursive: true });
});

/** A proxy to which `registry.acme.test` is one of the servers here, by the port that is asked for. */
function serveProxy(server: Server): void {
  server.on("request", (request, response) => {
    proxyLog.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    const { pathname, search } = new URL(request.url ?? "");
    const headers = { ...request.headers };
    const onward = httpRequest(
      `http://${plain.address}${pathname}${search}`,
      { method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  server.on("connect", (request, socket, head) => {
    proxyLog.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
    if (request.url?.startsWith("denied.")) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const target = request.url?.startsWith("plain.") ? plain : secure;
    const onward = connect(Number(target.address.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
}

test("a loopback registry that has TLS is found out, and needs its certificate authority", async () => {
  await using trusting = testClient({ ca: cert });
  await trusting.ping(secure.address);
  await trusting.ping(plain.address);
  await using strict = testClient();
  const error = await rejection(strict.ping(secure.address));
  expect(error).toMatchObject({ code: "REGISTRY_DOWN", hint: expect.stringContaining('by "ca"') });
  expect(error.details["cause"]).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
});

test("a text that is no certificate is refused", async () => {
  expect(() => testClient({ ca: "/etc/ssl/ca.pem" })).toThrow(/"\/etc\/ssl\/ca.pem" is not a PEM text/);
});

test("blobs go both ways through the tunnel of a proxy, with its password", async () => {
  await using client = testClient({ ca: [cert], proxy: { httpsProxy: proxyUrl } });
  const repository = client.repository({ registry: name, repository: "a" });
  await repository.writeBlob(descriptor, async function* () {
    for (let start = 0; start < blob.length; start += 70_000) yield blob.subarray(start, start + 70_000);
  });
  expect((await collect(await repository.openBlob(descriptor))).equals(blob)).toBe(true);
  const password = Buffer.from("user:pass word").toString("base64");
  expect(new Set(proxyLog)).toEqual(new Set([`CONNECT ${name}:443 Basic ${password}`]));
});

test("a registry without TLS is asked for in absolute form", async () => {
  proxyLog.length = 0;
  await using client = testClient({ insecure: [`${name}:5000`], proxy: { httpProxy: proxyUrl } });
  const repository = client.repository({ registry: `${name}:5000`, repository: "a" });
  await repository.writeBlob(descriptor, async function* () {
    yield blob;
  });
  expect((await collect(await repository.openBlob(descriptor))).equals(blob)).toBe(true);
  expect(proxyLog.every((line) => /^[A-Z]+ http:\/\/registry\.acme\.test:5000\/v2\//.test(line))).toBe(true);
});

test("through a proxy, too, faults explain themselves", async () => {
  await using client = testClient({
    ca: cert,
    proxy: { httpsProxy: proxyUrl },
    timeoutMs: 500,
    retry: { attempts: 1 },
  });
  const plainAnswer = await rejection(client.ping(`plain.acme.test`));
  expect(plainAnswer).toMatchObject({ code: "REGISTRY_DOWN", hint: expect.stringContaining('"insecure"') });
  const wrongName = await rejection(client.ping("other.acme.test"));
  expect(wrongName.details["cause"]).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect((await rejection(client.ping("denied.acme.test"))).code).toBe("REGISTRY_DOWN");
  const broken = client
    .repository({ registry: name, repository: "a" })
    .writeBlob({ ...descriptor, digest: digestOf("other") }, async function* () {
      yield blob.subarray(0, 100_000);
      throw new TypeError("content broke");
    });
  await expect(broken).rejects.toThrow("content broke");
  const controller = new AbortController();
  const endless = rejection(
    client.repository({ registry: name, repository: "a" }).writeBlob(
      { ...descriptor, digest: digestOf("endless"), size: 1e10 },
      async function* () {
        for (;;) yield blob;
      },
      { signal: controller.signal },
    ),
  );
  setTimeout(() => controller.abort(), 50);
  expect((await endless).code).toBe("ABORTED");
});
