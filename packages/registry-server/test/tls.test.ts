import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startRegistryServer } from "../src/index.ts";

const run = promisify(execFile);

async function hasOpenssl(): Promise<boolean> {
  try {
    await run("openssl", ["version"]);
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!(await hasOpenssl()))("speaks https, and says so in its challenge (needs openssl)", async () => {
  const folder = await mkdtemp(join(tmpdir(), "registry-tls-"));
  try {
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
    await run("openssl", ["req", "-x509", "-days", "1", ...newKey, "-out", certFile, ...subject]);
    const [key, cert] = [await readFile(keyFile, "utf8"), await readFile(certFile, "utf8")];

    await using registry = await startRegistryServer({
      host: "localhost",
      tls: { key, cert },
      auth: { scheme: "token", users: { alice: "secret" } },
    });
    expect(registry.url).toBe(`https://${registry.address}`);
    const [response] = await once(get(`${registry.url}/v2/`, { ca: cert }), "response");
    response.resume();
    expect(response.statusCode).toBe(401);
    expect(response.headers["www-authenticate"]).toContain(`realm="https://${registry.address}/token"`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
