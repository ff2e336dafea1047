import { randomUUID } from "node:crypto";
import { parseDigest } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { checkImageContract, resolveInImage, validateImage } from "@imagespec/test-support";
import type { NixTools } from "@imagespec/test-support/nix";
import { afterAll, beforeAll, expect, test as withNix } from "vitest";
import { layerAnnotations } from "../src/layers/layer-index.ts";
import { findNix } from "./find-nix.ts";
import { type NixBench, openNixBench } from "./nix-bench.ts";

const tools = await findNix();
let bench: NixBench;
beforeAll(async () => {
  if (tools === undefined) return;
  bench = await openNixBench(tools);
});
afterAll(() => bench?.[Symbol.asyncDispose]());
const test = withNix.skipIf(tools === undefined);
const wholeTest = withNix.skipIf(tools === undefined || process.env["IMAGESPEC_WHOLE"] === undefined);

const hostile = `it's "quoted" \${toString 1} $(id) '' \\n 漢字\n`;
const input = {
  packages: ["pyyaml>=6", "greeter[loud]", "farewell"],
  aptPackages: ["jq"],
  sourceRoot: "src",
  env: { HOSTILE: hostile },
  labels: { "dev.example.hostile": hostile },
  entrypoint: ["python", "-c", hostile],
};

test("packages of the set become an image that keeps the contract, on nothing", { timeout: 120_000 }, async () => {
  const { result, config, manifest, files: read, events } = await bench.build(input);
  const digest = parseDigest(result.digest ?? "");
  await using client = new RegistryClient();
  const source = client.repository({ registry: bench.registry, repository: "acme/nix" });
  expect(await validateImage(source, { digest })).toEqual([]);
  const wanted = {
    pythonVersion: "3.11",
    env: { HOSTILE: hostile },
    labels: { "dev.example.hostile": hostile },
    entrypoint: input.entrypoint,
    distributions: { pyyaml: "6.0", greeter: "1.4", six: "1.16.0", farewell: "2.0" },
    source: { "main.py": "print('hello')\n" },
    epoch: 0,
  };
  expect(await checkImageContract(source, { digest }, wanted)).toEqual([]);

  const files = await read();
  expect(resolveInImage(files, "/opt/venv/bin/python")).toMatch(
    /^\/nix\/store\/[a-z0-9]{32}-python3-3\.11\.2\/bin\/python3\.11$/,
  );
  // One folder of two modules is a folder, one of one is a link.
  expect(files.get("/opt/venv/lib/python3.11/site-packages/shared")?.type).toBe("directory");
  expect(files.get("/opt/venv/lib/python3.11/site-packages/shared/greeter")?.type).toBe("symlink");
  expect(files.get("/opt/venv/lib/python3.11/site-packages/yaml")?.type).toBe("symlink");
  for (const path of ["/bin/sh", "/usr/bin/env", "/usr/local/bin/jq", "/etc/ssl/certs/ca-certificates.crt"])
    expect(files.has(resolveInImage(files, path) ?? "")).toBe(true);
  expect((files.get("/tmp")?.mode ?? 0) & 0o7777).toBe(0o1777);
  expect(config.config?.Env).toContain("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt");
  // What is for building does not get into images.
  expect([...files.keys()].some((path) => /-source|\.drv$|patchelf/.test(path))).toBe(false);
  const keys = manifest.layers.map(({ annotations }) => annotations?.[layerAnnotations.key]);
  expect(keys.filter((key) => key !== undefined).length).toBeGreaterThan(3);
  expect(events.some((event) => event.type === "log" && event.text.startsWith("building "))).toBe(true);
});

test("the same image again runs no build, and comes to the same digest", { timeout: 60_000 }, async () => {
  const first = await bench.build(input);
  const again = await bench.build(input, { build: { force: true } });
  expect(again.result).toMatchObject({ action: "built", digest: first.result.digest, layers: { built: 0 } });
  expect(again.result.timings).not.toHaveProperty("realise");
  expect(again.result.bytes.uploaded).toBeLessThan(150_000);
});

wholeTest("another store and another machine's folders give the same digest", { timeout: 120_000 }, async () => {
  const first = await bench.build(input);
  await using other = await openNixBench(found());
  const second = await other.build(input);
  expect(second.result.digest).toBe(first.result.digest);
});

wholeTest(
  "a machine that has nothing takes layers from the registry, and writes none of the store",
  {
    timeout: 120_000,
  },
  async () => {
    const first = await bench.build(input);
    const cacheFolder = `${bench.folder}/${randomUUID()}`;
    const changed = await bench.build({ ...input, env: { OTHER: randomUUID() } }, { cacheFolder });
    expect(changed.events).toContainEqual(expect.objectContaining({ id: "store layers", state: "cached" }));
    expect(changed.manifest.layers.slice(0, 5)).toEqual(first.manifest.layers.slice(0, 5));
    // Config, manifest, and the engine's record beside the image.
    expect(changed.result.bytes.uploaded).toBeLessThan(150_000);
  },
);

wholeTest("a package of its own is a layer more, and moves no large one", { timeout: 120_000 }, async () => {
  const one = await bench.build({ packages: ["pyyaml"] });
  const two = await bench.build({ packages: ["pyyaml", "farewell"] });
  const large = ({ manifest }: typeof one) =>
    manifest.layers.filter(({ size }) => size > 5_000_000).map(({ digest }) => digest);
  expect(large(two)).toEqual(large(one));
});

test("all that a spec asks for and the set does not have is told at once", { timeout: 60_000 }, async () => {
  const wrong = bench.build({
    pythonVersion: "3.11.9",
    packages: [
      "nothing-here",
      "pyyaml==5.4",
      "six[no-extra]",
      "greeter[broken]",
      "broken",
      "unfree",
      "insecure",
      "disabled",
      "lib",
    ],
    aptPackages: ["git", "jq"],
  });
  await expect(wrong).rejects.toMatchObject({
    code: "BUILDER_DECLINED",
    problems: [
      { code: "SPEC_VERSION_NOT_FOUND", path: "pythonVersion", message: expect.stringContaining("3.11.2") },
      { code: "SPEC_PACKAGE_NOT_FOUND", path: "packages[0]" },
      { code: "SPEC_VERSION_NOT_FOUND", path: "packages[1]", message: expect.stringContaining("pyyaml 6.0") },
      { path: "packages[2]", message: expect.stringContaining('no extra "no-extra"') },
      { path: "packages[3]", message: expect.stringContaining('extra "broken"') },
      { path: "packages[4]", message: expect.stringContaining("broken") },
      { path: "packages[5]", message: expect.stringContaining("licence") },
      { path: "packages[6]", message: expect.stringContaining("vulnerabilities") },
      { path: "packages[7]", message: expect.stringContaining("refused") },
      { code: "SPEC_PACKAGE_NOT_FOUND", path: "packages[8]" },
      { path: "aptPackages[0]", message: expect.stringContaining('"git"') },
    ],
  });
});

wholeTest("a Python that the set does not have is told with those it has", { timeout: 60_000 }, async () => {
  await expect(bench.build({ pythonVersion: "3.13", packages: ["six"] })).rejects.toMatchObject({
    code: "SPEC_VERSION_NOT_FOUND",
    message: expect.stringContaining("3.11"),
  });
});

function found(): NixTools {
  if (tools === undefined) throw new Error("these tests are skipped without Nix");
  return tools;
}
