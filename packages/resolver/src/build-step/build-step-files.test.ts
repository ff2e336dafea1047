import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageSpec, type PackageResolution, resolveImageSpec } from "@imagespec/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseNetrc } from "../download/netrc.ts";
import { detectUvSettings } from "../uv/detect.ts";
import { buildStepFiles } from "./build-step-files.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "build-step-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function filesFor(
  env: Readonly<Record<string, string>>,
  input: ConstructorParameters<typeof ImageSpec>[0] = {},
  resolution?: PackageResolution,
) {
  const spec = await resolveImageSpec(new ImageSpec(input), { root: home });
  const secret = async () => "user:from%2Dspec";
  return buildStepFiles(spec, { settings: detectUvSettings(env, home), secret, resolution });
}

test("a machine with nothing of its own gives nothing", async () => {
  expect(await filesFor({})).toEqual({ uvConfig: undefined, netrc: undefined, ca: undefined });
});

test("indexes, logins and certificates of the machine, each in its file", async () => {
  const ca = path.join(home, "ca.pem");
  await writeFile(ca, "PEM");
  const files = await filesFor({
    UV_DEFAULT_INDEX: "https://ada:s3cret%2F@index.example/simple",
    UV_INDEX: "torch=https://wheels.example/cu128",
    UV_INSECURE_HOST: "index.example",
    SSL_CERT_FILE: ca,
  });
  expect(files.uvConfig).toMatchInlineSnapshot(`
    "allow-insecure-host = [ "index.example" ]

    [[index]]
    name = "torch"
    url = "https://wheels.example/cu128"

    [[index]]
    url = "https://index.example/simple"
    default = true
    "
  `);
  expect(files.netrc).toBe("machine index.example\nlogin ada\npassword s3cret/\n");
  expect(files.ca).toBe("PEM");
});

test("the spec's index comes before the machine's, and only logins that are needed are handed on", async () => {
  await writeFile(
    path.join(home, ".netrc"),
    "machine files.example login ada password one\nmachine other.example login ada password two\n",
  );
  const wheel = {
    filename: "a-1-py3-none-any.whl",
    url: "https://files.example/a-1-py3-none-any.whl",
    size: 1,
    sha256: "0",
  };
  const files = await filesFor(
    { UV_DEFAULT_INDEX: "https://index.example/simple" },
    { pipIndex: "https://ada:secret@own.example/simple", packages: ["a"] },
    { distributions: [{ name: "a", version: "1", wheel }], pylock: "" },
  );
  expect(files.uvConfig).toBeUndefined();
  expect([...parseNetrc(files.netrc ?? "")]).toEqual([
    ["own.example", { username: "user", password: "from-spec" }],
    ["files.example", { username: "ada", password: "one" }],
  ]);
});
