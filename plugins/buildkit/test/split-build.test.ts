import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assemble } from "@imagespec/builder-assemble";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import {
  type ContainerConfig,
  type ImageSource,
  isImageIndex,
  parseImageConfig,
  parseManifest,
  parsePlatform,
  selectPlatform,
} from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { checkImageContract, enginesUnderTest, requireStack, temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { buildkit } from "../src/index.ts";

type Selector = Parameters<ImageSource["readManifest"]>[0];

async function configOf(source: ImageSource, selector: Selector): Promise<ContainerConfig> {
  const found = await source.readManifest(selector);
  if (found === undefined) throw new Error(`there is no ${JSON.stringify(selector)}`);
  const manifest = parseManifest(found.bytes, found.descriptor.mediaType);
  if (isImageIndex(manifest)) {
    const child = selectPlatform(manifest.manifests, parsePlatform("linux/amd64"));
    if (child === undefined) throw new Error("there is no linux/amd64");
    return configOf(source, { digest: child.digest });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(manifest.config)) chunks.push(chunk);
  return parseImageConfig(Buffer.concat(chunks)).config ?? {};
}

test("the assembler stands on system packages that BuildKit installs, and the image is one like any other", async (context) => {
  const [name = "20.10"] = enginesUnderTest().engines;
  const stack = await requireStack(context, { engines: [name] });
  await using folder = await temporaryFolder();
  const root = join(folder.path, "project");
  await mkdir(join(root, "src"), { recursive: true });
  await writeFile(join(root, "src", "main.py"), "import six\nprint(six.__version__, open('/etc/made').read())\n");
  await using client = new RegistryClient({ credentials: async () => ({ kind: "anonymous" }) });
  const host = stack.engines[name]?.dockerHost ?? "";
  await using engine = new ImageBuildEngine({
    builders: [assemble(), buildkit({ host })],
    registryClient: client,
    cacheFolder: join(folder.path, "cache"),
  });
  // Its own, so that another run of the test has not made it already.
  const made = `made ${Date.now()}`;
  const spec = new ImageSpec({
    name: "acme/split",
    baseImage: `${stack.registry}/library/python:3.12-slim`,
    packages: ["six"],
    commands: [{ run: `echo "$(id -u) ${made}" > /etc/made`, after: "system" }],
    sourceRoot: "src",
    entrypoint: ["python", "main.py"],
  });
  const options = { root, registry: stack.registry, systemBuilder: "buildkit" };
  const plan = await engine.plan(spec, options);
  expect(plan.images.map(({ name, builder, part }) => [name, builder, part])).toEqual([
    ["acme/split-system", "buildkit", "system"],
    ["acme/split", "assemble", "whole"],
  ]);
  const built = await engine.build(spec, options);
  expect(built).toMatchObject({ builder: "assemble", action: "built" });
  const run = async () => (await stack.docker(["run", "--rm", built.reference], { engine: name })).stdout;
  expect(await run()).toMatch(new RegExp(`^\\d\\S* 0 ${made}`));
  const source = client.repository({ registry: stack.registry, repository: "acme/split" });
  expect(await checkImageContract(source, { tag: built.tag }, { platform: parsePlatform("linux/amd64") })).toEqual([]);

  // Nothing but labels is added to what the base's containers get.
  const below = client.repository({ registry: stack.registry, repository: "acme/split-system" });
  const bases = client.repository({ registry: stack.registry, repository: "library/python" });
  const { Labels: labels, ...config } = await configOf(below, { tag: plan.images[0]?.tag ?? "" });
  const { Labels: _labels, ...baseConfig } = await configOf(bases, { tag: "3.12-slim" });
  expect(config).toEqual(baseConfig);
  expect(labels).toMatchObject({ "dev.imagespec.fingerprint": plan.images[0]?.fingerprint });

  // Whole, the same image has the same name.
  await using whole = new ImageBuildEngine({
    builders: [buildkit({ host })],
    registryClient: client,
    cacheFolder: join(folder.path, "cache"),
  });
  expect((await whole.plan(spec, { ...options, force: true })).images.at(-1)?.reference).toBe(built.reference);
  // An edit of the source needs no engine any more.
  await writeFile(join(root, "src", "main.py"), "print('edited')\n");
  const edited = await engine.build(spec, options);
  expect(edited).toMatchObject({ builder: "assemble", layers: { built: 1 } });
});
