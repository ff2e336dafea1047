import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askCredentialHelper } from "../src/auth/credential-helper.ts";
import { dockerConfigCredentials } from "../src/auth/docker-config-credentials.ts";
import { rejection } from "../src/testing/test-client.ts";

let folder: string;
let env: Record<string, string | undefined>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-helper-"));
  env = { HOME: folder, DOCKER_CONFIG: folder, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
});
afterEach(() => rm(folder, { recursive: true }));

async function helper(name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\nread server\necho "$1 $server" >> ${folder}/log\n${script}\n`);
  await chmod(file, 0o755);
}
const config = (value: object): Promise<void> => writeFile(join(folder, "config.json"), JSON.stringify(value));
const log = async (): Promise<string[]> => (await readFile(join(folder, "log"), "utf8")).trim().split("\n");

test("a helper gets the server on its input, and is asked once until it is refused", async () => {
  await helper("acme", `echo '{"ServerURL":"x","Username":"ann","Secret":"pw"}'`);
  await config({ credHelpers: { "ghcr.io": "acme" } });
  const provider = dockerConfigCredentials({ env });
  const ann = { kind: "basic", username: "ann", password: "pw" };
  const both = [provider({ registry: "ghcr.io", repository: "a" }), provider({ registry: "ghcr.io", repository: "b" })];
  expect(await Promise.all(both)).toEqual([ann, ann]);
  expect(await log()).toEqual(["get ghcr.io"]);
  await provider({ registry: "ghcr.io", refresh: true });
  expect(await log()).toEqual(["get ghcr.io", "get ghcr.io"]);
});

test("Docker Hub has its old name; <token> marks an identity token; the store serves every registry", async () => {
  await helper("store", `echo '{"Username":"<token>","Secret":"refresh"}'`);
  await config({ credsStore: "store" });
  const provider = dockerConfigCredentials({ env });
  expect(await provider({ registry: "docker.io" })).toEqual({ kind: "identity-token", token: "refresh" });
  expect(await log()).toEqual(["get https://index.docker.io/v1/"]);
});

test("nothing found is no error, and the file's own entry then counts", async () => {
  await helper("store", `echo "credentials not found in native keychain"; exit 1`);
  await config({ credsStore: "store", auths: { "ghcr.io": { username: "ann", password: "pw" }, "quay.io": {} } });
  const provider = dockerConfigCredentials({ env });
  expect(await provider({ registry: "ghcr.io" })).toMatchObject({ username: "ann" });
  expect(await provider({ registry: "quay.io" })).toBeUndefined();
});

test.each([
  ["fails", "echo 'keychain is locked'; exit 1", /exit code 1: keychain is locked/],
  ["answers nonsense", "echo secret-nonsense", /did not answer with JSON/],
  ["answers half", `echo '{"Username":"ann"}'`, /without Username and Secret/],
])("a helper that %s is named", async (_, script, message) => {
  await helper("bad", script);
  await config({ credsStore: "bad" });
  const error = await rejection(dockerConfigCredentials({ env })({ registry: "ghcr.io" }));
  expect(error.code).toBe("CREDENTIALS");
  expect(error.message).toMatch(message);
  expect(error.message).toContain('"docker-credential-bad" for "ghcr.io"');
  expect(error.message).not.toContain("secret-nonsense");
});

test("a helper that is not installed says where it is named", async () => {
  await config({ credsStore: "gone" });
  const error = await rejection(dockerConfigCredentials({ env })({ registry: "ghcr.io" }));
  expect(error.hint).toBe(`install docker-credential-gone, or remove it from "${join(folder, "config.json")}"`);
});

test("a helper that hangs is ended by an abort and by the time limit", async () => {
  await helper("slow", "exec sleep 60");
  const options = { name: "slow", server: "ghcr.io", file: "config.json", env };
  const controller = new AbortController();
  const work = rejection(askCredentialHelper({ ...options, signal: controller.signal }));
  setTimeout(() => controller.abort(), 20);
  expect((await work).code).toBe("ABORTED");
  expect((await rejection(askCredentialHelper({ ...options, timeoutMs: 50 }))).message).toContain("within 50 ms");
});
