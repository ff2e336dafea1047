import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageBuildEngine, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { openLocalImageStore } from "@imagespec/image-store";
import { requireStack, temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";
import { assemble } from "../src/index.ts";

const program = [
  "import os, sys, numpy",
  "print(sys.prefix, os.getuid(), os.getcwd(), os.environ['GREETING'], numpy.ones(3).sum(), os.environ['HOME'])",
].join("\n");

/** A spec on an official Python image of the registry, with its source. */
async function project(folder: string, registry: string): Promise<ImageSpecInput> {
  await mkdir(join(folder, "src"), { recursive: true });
  await writeFile(join(folder, "src/main.py"), program);
  return {
    name: "acme/engine",
    pythonVersion: "3.12",
    baseImage: `${registry}/library/python:3.12-slim`,
    packages: ["numpy"],
    env: { GREETING: 'it\'s "me" $HOME' },
    sourceRoot: "src",
    entrypoint: ["python", "main.py"],
  };
}

const expected = '/opt/venv 65532 /app it\'s "me" $HOME 3.0 /home/imagespec\n';

test("an image on an official Python image runs in a real engine, from a registry and loaded", async (context) => {
  const stack = await requireStack(context);
  await using folder = await temporaryFolder();
  const input = await project(folder.path, stack.registry);
  const cacheFolder = join(folder.path, "cache");
  const store = await openLocalImageStore(cacheFolder);
  await using engine = new ImageBuildEngine({ builders: [assemble()], store, cacheFolder });
  const options = { root: folder.path };

  const pushed = await engine.build(new ImageSpec(input), { ...options, registry: stack.registry });
  const fromRegistry = await stack.docker(["run", "--rm", pushed.reference]);
  expect(fromRegistry.stdout).toBe(expected);
  // The base is in the same registry: mounted, not sent again.
  expect(pushed.bytes.uploaded).toBeLessThan(30_000_000);

  const output = { kind: "engine", host: stack.dockerHost } as const;
  const loaded = await engine.build(new ImageSpec({ ...input, name: "acme/loaded" }), { ...options, output });
  expect((await stack.docker(["run", "--rm", loaded.reference])).stdout).toBe(expected);
});
