import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { contractVersion, type ImageSpecBuilder } from "@imagespec/core";
import { openLocalImageStore } from "@imagespec/image-store";
import { RegistryClient } from "@imagespec/registry-client";
import { createUvResolver } from "@imagespec/resolver";
import {
  enginesUnderTest,
  requireStack,
  type Stack,
  type StackEngineName,
  temporaryFolder,
} from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { expect, test } from "vitest";
import { exportDockerfile, uvVersion } from "../src/index.ts";
import { specPlace } from "../src/testing/spec-place.ts";
import { builtImage } from "./support/build-plan.ts";
import { toolsFolder, uvFile } from "./support/uv-file.ts";

/** Looks at bases as the builder does that comes with the command: without running anything. */
const looking: ImageSpecBuilder = {
  name: "looking",
  contractVersion,
  priority: 1,
  capabilities: new Set(),
  shouldBuild: async () => ({ action: "decline", problems: [] }),
  build: async () => {
    throw new TypeError("builds nothing");
  },
  lockBase: async () => ({ python: "3.12.1", libc: { kind: "glibc", version: "2.36" } as const, distributions: {} }),
  resolver: () => createUvResolver({ cacheFolder: toolsFolder }),
};

const { engines } = enginesUnderTest();
for (const engine of engines) {
  test(`an exported folder builds with docker build, Engine ${engine}`, { timeout: 600_000 }, async (context) => {
    const stack = await requireStack(context, { engines: [engine] });
    await pushUv(stack);
    await using index = await serveIndex([
      makeWheel({ name: "pandas", version: "2.3.3" }),
      makeWheel({ name: "joblib", version: "1.5.2" }),
    ]);
    await using exposed = await stack.expose(index.url, engine);
    await using place = await specPlace({
      "src/train.py": "print('trained')\n",
      ".dockerignore": "**/secret.txt\n",
      "src/secret.txt": "x",
    });
    await using folder = await temporaryFolder();
    await using client = new RegistryClient({
      mirrors: { "docker.io": [stack.registry] },
      insecure: [stack.registry],
      proxy: {},
    });
    const store = await openLocalImageStore(folder.join("cache"));
    const spec = await place.resolve({
      name: "acme/train",
      pythonVersion: "3.12",
      packages: ["pandas", "joblib"],
      pipIndex: exposed.url,
      env: { OMP_NUM_THREADS: "2" },
      sourceRoot: "src",
      entrypoint: ["python", "-m", "train"],
    });
    const out = folder.join("out");
    const options = {
      folder: out,
      signal: new AbortController().signal,
      env: {},
      builders: [looking],
      registryClient: client,
      cacheFolder: folder.join("cache"),
      store: async () => store,
    };
    const { files, command } = await exportDockerfile(spec, options);
    await store.close();
    expect(files[0]).toBe(path.join(out, "Dockerfile"));
    expect(command).toBe(`docker build -t acme/train:${spec.tag} ${out}`);
    expect(files.map((file) => path.relative(out, file)).filter((file) => file.startsWith("source"))).toEqual([
      "source/train.py",
    ]);
    const text = await readFile(path.join(out, "Dockerfile"), "utf8");
    expect(text).toContain(`# Build it with: docker build -t acme/train:${spec.tag} .\n`);
    expect(text).toContain(`docker.io/astral/uv:${uvVersion}`);
    expect(text).not.toContain(stack.registry);
    await stack.docker(["build", "-t", "dockerfile-export:latest", out], { engine, env: { DOCKER_BUILDKIT: "1" } });
    const image = builtImage(stack, engine, "dockerfile-export:latest");
    expect(
      await image.violations({
        fingerprint: spec.fingerprint,
        contract: "1",
        env: { OMP_NUM_THREADS: "2" },
        entrypoint: ["python", "-m", "train"],
        pythonVersion: "3.12",
        distributions: { pandas: "2.3.3", joblib: "1.5.2" },
        source: { "train.py": "print('trained')\n" },
        absent: ["secret.txt"],
      }),
    ).toEqual([]);
    expect((await stack.docker(["run", "--rm", "dockerfile-export:latest"], { engine })).stdout).toBe("trained\n");

    // Written again over the first one; a folder with anything else is left alone.
    const store2 = await openLocalImageStore(folder.join("cache"));
    const again = { ...options, store: async () => store2, dialect: "modern" } as const;
    await exportDockerfile(spec, again);
    expect(await readFile(path.join(out, "Dockerfile"), "utf8")).toContain("COPY --link");
    await writeFile(path.join(out, "mine.txt"), "");
    await expect(exportDockerfile(spec, again)).rejects.toMatchObject({ code: "STORE_UNUSABLE" });
    await store2.close();
  });
}

/** The image of uv's makers, as far as builds need it, in the registry that stands for the hub. */
async function pushUv(stack: Stack): Promise<void> {
  const uv = await uvFile();
  await using folder = await temporaryFolder();
  const chunks: Uint8Array[] = [];
  for await (const chunk of uv.open()) chunks.push(chunk);
  await writeFile(folder.join("uv"), Buffer.concat(chunks), { mode: 0o755 });
  await writeFile(folder.join("Dockerfile"), "FROM scratch\nCOPY uv /uv\n");
  const name = `${stack.registry}/astral/uv:${uvVersion}`;
  const engine = Object.keys(stack.engines)[0] as StackEngineName;
  await stack.docker(["build", "-t", name, folder.path], { engine, env: { DOCKER_BUILDKIT: "1" } });
  await stack.docker(["save", "-o", folder.join("uv.tar"), name], { engine });
  await stack.skopeo(["copy", `docker-archive:${folder.join("uv.tar")}`, `docker://${name}`]);
}
