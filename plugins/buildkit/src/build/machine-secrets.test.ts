import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detectUvSettings } from "@imagespec/resolver";
import { afterAll, beforeAll, expect, test } from "vitest";
import { machineSecrets } from "./machine-secrets.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machine-secrets-"));
});
afterAll(() => rm(folder, { recursive: true }));

const nothing = { pipIndex: undefined, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };

test("a machine without settings gives nothing", async () => {
  expect(await machineSecrets(nothing, detectUvSettings({}, folder), async () => "")).toEqual({
    uvConfig: undefined,
    netrc: undefined,
    ca: undefined,
  });
});

test("indexes with their logins, the netrc and the certificates of the machine", async () => {
  await writeFile(join(folder, ".netrc"), "machine other.example login a password b\n");
  await writeFile(join(folder, "ca.pem"), "certificates\n");
  const env = {
    UV_DEFAULT_INDEX: "https://me:pass%2Fword@pypi.example/simple",
    PIP_EXTRA_INDEX_URL: "https://extra.example/simple",
    SSL_CERT_FILE: join(folder, "ca.pem"),
  };
  const { uvConfig, netrc, ca } = await machineSecrets(nothing, detectUvSettings(env, folder), async () => "");
  expect(uvConfig).toBe(
    '[[index]]\nurl = "https://extra.example/simple"\n\n[[index]]\nurl = "https://me:pass%2Fword@pypi.example/simple"\ndefault = true\n',
  );
  expect(netrc).toBe("machine pypi.example login me password pass/word\nmachine other.example login a password b\n");
  expect(ca).toBe("certificates\n");
});

test("where the machine takes Pythons from", async () => {
  const env = {
    UV_PYTHON_INSTALL_MIRROR: "https://mirror.example/pythons",
    PIP_INDEX_URL: "https://pypi.example/simple",
  };
  const { uvConfig } = await machineSecrets(nothing, detectUvSettings(env, join(folder, "none")), async () => "");
  expect(uvConfig).toBe(
    'python-install-mirror = "https://mirror.example/pythons"\n\n[[index]]\nurl = "https://pypi.example/simple"\ndefault = true\n',
  );
});

test("the index of a spec comes before the machine's, with its login", async () => {
  const spec = {
    ...nothing,
    pipIndex: "https://spec.example/simple",
    indexCredentials: [{ origin: "https://spec.example", secret: "index" }],
  };
  const settings = detectUvSettings({ PIP_INDEX_URL: "https://machine.example/simple" }, join(folder, "none"));
  const { uvConfig, netrc } = await machineSecrets(spec, settings, async () => "u:p");
  expect(uvConfig).toContain('url = "https://u:p@spec.example/simple"\ndefault = true');
  expect(uvConfig).not.toContain("machine.example");
  expect(netrc).toBe("machine spec.example login u password p\n");
});
