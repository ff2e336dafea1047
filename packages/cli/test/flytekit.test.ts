import { mkdir, writeFile } from "node:fs/promises";
import { flytekitRequestSchema } from "@imagespec/flytekit";
import { RegistryClient } from "@imagespec/registry-client";
import { type RegistryServer, startRegistryServer } from "@imagespec/registry-server";
import { type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { main } from "../src/main.ts";
import { testContext } from "../src/testing/test-context.ts";
import { pushSmallBase } from "./survival/small-base.ts";

let folder: TemporaryFolder;
let registry: RegistryServer;
let client: RegistryClient;

beforeAll(async () => {
  folder = await temporaryFolder("imagespec-flytekit-");
  registry = await startRegistryServer({});
  client = new RegistryClient({ proxy: {}, credentials: async () => ({ kind: "anonymous" }) });
  await pushSmallBase(client.repository({ registry: registry.address, repository: "base" }), "1");
  await mkdir(folder.join("src/pkg"), { recursive: true });
  await mkdir(folder.join(".git"), { recursive: true });
  await writeFile(folder.join("src/main.py"), "print(1)\n");
  await writeFile(folder.join("src/pkg/cached.pyc"), "x");
});

afterAll(async () => {
  await client.close();
  await registry.close();
  await folder[Symbol.asyncDispose]();
});

async function imagespec(...argv: readonly string[]) {
  const context = testContext(folder.path, { IMAGESPEC_CACHE_DIR: folder.join("cache"), CI: "1" });
  const exitCode = await main(argv, context);
  const { stdout, stderr } = context.output();
  const last = (): Record<string, unknown> => JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  return { exitCode, stdout, stderr, last };
}

/** A request for an image on the small base, whose Python is 3.12. */
async function writeRequest(name: string, spec: object, rest: object = {}): Promise<string> {
  const fields = { name, registry: registry.address, base_image: `${registry.address}/base:1`, ...spec };
  const request = { contract: 1, flytekit: "1.16.31", python: "3.12", requirement: null, spec: fields, ...rest };
  await writeFile(folder.join(`${name}.json`), JSON.stringify(request));
  return `${name}.json`;
}

type Image = { readonly action: string; readonly reference: string; readonly flytekit: Record<string, string> };

describe("imagespec build --format flytekit", () => {
  test("makes the image under flytekit's tag, in its layout, and finds it the second time", async () => {
    const source = { source_root: folder.join("src"), source_copy_mode: { $py: "CopyFileDetection", name: "ALL" } };
    const env = {
      $py: "dict",
      items: [
        ["MSG", "two words"],
        ["N", 1],
      ],
    };
    const file = await writeRequest("train", { ...source, env, commands: [] });
    const first = await imagespec("build", file, "--format", "flytekit", "--json");
    expect([first.exitCode, first.stderr]).toEqual([0, ""]);
    const { type, images } = first.last() as { type: string; images: Image[] };
    const image = images[0]!;
    expect([type, image.action]).toEqual(["result", "built"]);
    const { imageName = "", tag = "", id } = image.flytekit;
    expect(imageName).toBe(`${registry.address}/train:${tag}`);
    expect(image.reference).toBe(imageName);
    expect(tag).toMatch(/^\w{22}$/);

    const repository = client.repository({ registry: registry.address, repository: "train" });
    const manifest = await repository.readManifest({ tag });
    const { config: descriptor } = JSON.parse(Buffer.from(manifest!.bytes).toString());
    const config = JSON.parse(Buffer.from(await repository.getBlob(descriptor)).toString());
    expect(config.config).toMatchObject({ User: "flytekit", WorkingDir: "/root" });
    expect(config.config.Env).toEqual(
      expect.arrayContaining(["MSG=two words", "N=1", "PYTHONPATH=/root", `_F_IMG_ID=${id}`]),
    );

    const again = await imagespec("build", file, "--format", "flytekit", "--json");
    expect((again.last() as { images: Image[] }).images[0]).toMatchObject({ action: "exists", flytekit: { tag } });
    const forced = await imagespec("build", file, "--format", "flytekit", "--json", "--force");
    expect((forced.last() as { images: Image[] }).images[0]).toMatchObject({ action: "built" });
  });

  test("takes an image of flytekit's own for the spec's, from its own spec file; plan says that it has no label", async () => {
    const yaml = `name: Old\nregistry: ${registry.address}\npackages: [numpy==1.26.4]\npython_version: "3.12"\n`;
    await writeFile(folder.join("old.yaml"), yaml);
    const planned = await imagespec("plan", "old.yaml", "--format", "flytekit", "--json");
    const [before] = (planned.last() as { images: { tag: string; action: string; hints: string[] }[] }).images;
    expect(before?.hints.join("\n")).toContain("no fingerprint label");
    await pushSmallBase(client.repository({ registry: registry.address, repository: "old" }), before?.tag ?? "");
    const built = await imagespec("build", "old.yaml", "--format", "flytekit", "--json");
    expect((built.last() as { images: Image[] }).images).toMatchObject([
      { action: "exists", flytekit: { imageName: `${registry.address}/old:${before?.tag}` } },
    ]);
  });

  test("builds a nested base first, under a tag of flytekit's", async () => {
    const base = {
      $py: "ImageSpec",
      fields: { name: "low", registry: registry.address, base_image: `${registry.address}/base:1`, env: { LOW: "1" } },
    };
    const file = await writeRequest("high", { base_image: base, env: { HIGH: "1" } });
    const { exitCode, last } = await imagespec("build", file, "--format", "flytekit", "--json");
    const { images } = last() as { images: Image[] };
    expect(exitCode).toBe(0);
    expect(images.map(({ reference, flytekit }) => [reference, flytekit["imageName"]])).toEqual([
      [expect.stringMatching(/\/low:\w{22}$/), images[0]?.reference],
      [expect.stringMatching(/\/high:\w{22}$/), images[1]?.reference],
    ]);
  });

  test("refuses a tag that is not the spec's, and options that the tag holds", async () => {
    const file = await writeRequest("other", {}, { tag: "AAAAAAAAAAAAAAAAAAAAAA" });
    const differs = await imagespec("build", file, "--format", "flytekit", "--json");
    expect(differs.exitCode).toBe(2);
    expect(differs.last()).toMatchObject({ type: "error", exitCode: 2, error: { code: "FLYTEKIT_TAG_DIFFERS" } });
    const option = await imagespec("build", file, "--format", "flytekit", "--registry", "r.example.org", "--json");
    expect([option.exitCode, option.last()["error"]]).toEqual([2, expect.objectContaining({ code: "CLI_USAGE" })]);
    const alone = await imagespec("build", file, "--python", "3.11");
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining('add "--format flytekit"')]);
  });

  test("says what is wrong with a file, with the place in it", async () => {
    await writeFile(folder.join("wrong.yaml"), "name: a\npackages: [a, b\nregistry: c\n");
    const { exitCode, last } = await imagespec("build", "wrong.yaml", "--format", "flytekit", "--json");
    expect(exitCode).toBe(2);
    expect(last()).toMatchObject({ error: { code: "FLYTEKIT_SPEC", details: { file: "wrong.yaml", line: 3 } } });
    const missing = await imagespec("build", "none.yaml", "--format", "flytekit", "--json");
    expect(missing.last()).toMatchObject({ exitCode: 2, error: { code: "SPEC_FILE_MISSING" } });
  });
});

describe("imagespec import flytekit", () => {
  test("prints a spec file of ours, with the report in comments", async () => {
    await writeFile(folder.join("m.yaml"), "name: M\npython_version: '3.11'\nenv: { A: a b }\ncommands: [make]\n");
    const { exitCode, stdout } = await imagespec("import", "flytekit", "m.yaml");
    expect(exitCode).toBe(0);
    expect(parse(stdout)).toMatchObject({ name: "m", pythonVersion: "3.11", env: { A: "a b" }, commands: ["make"] });
    expect(stdout).toMatch(/^# image m:\w{22}$/m);
    expect(stdout).toMatch(/^# {3}env: Values arrive verbatim/m);
    expect(stdout).toMatch(/^# {3}env: A is written into the Dockerfile without quotes$/m);
    const json = await imagespec("import", "flytekit", "m.yaml", "--json");
    expect(json.last()).toMatchObject({ type: "import", exitCode: 0, spec: { name: "m" } });
  });

  test("says what it needs", async () => {
    expect((await imagespec("import")).exitCode).toBe(2);
    expect((await imagespec("import", "docker", "x")).stderr).toContain('cannot read specs of "docker"');
    expect((await imagespec("import", "flytekit")).stderr).toContain('"import" needs a file');
  });
});

test("imagespec schema flytekit prints the schema of requests", async () => {
  expect(JSON.parse((await imagespec("schema", "flytekit")).stdout)).toEqual(flytekitRequestSchema);
});
