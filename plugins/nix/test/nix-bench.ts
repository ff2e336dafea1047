import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  type BuildEvent,
  type BuildOptions,
  ImageBuildEngine,
  type ImageResult,
  ImageSpec,
  type ImageSpecInput,
} from "@imagespec/core";
import { type ImageManifest, parseDigest, parseImageConfig, parseImageManifest } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { type ImageFile, layerFiles, run, type TemporaryFolder } from "@imagespec/test-support";
import type { NixTools } from "@imagespec/test-support/nix";
import { type NixBuilderOptions, nix } from "../src/index.ts";

/** What of a build differs from the usual. */
export interface BenchBuild {
  readonly options?: NixBuilderOptions;
  readonly build?: BuildOptions;
  readonly cacheFolder?: string;
  readonly registry?: string;
}

/** An image that was built, read from the registry that it went to. */
export interface BenchImage {
  readonly result: ImageResult;
  readonly events: readonly BuildEvent[];
  readonly manifest: ImageManifest;
  readonly config: ReturnType<typeof parseImageConfig>;
  files(): Promise<ReadonlyMap<string, ImageFile>>;
}

/** A Nix store of its own, a registry, and an engine with the builder `nix` on the tests' package set. */
export interface NixBench extends AsyncDisposable {
  readonly folder: string;
  readonly registry: string;
  /** Options of the builder: a private store, and the tests' package set. */
  readonly options: NixBuilderOptions;
  build(input: ImageSpecInput, options?: BenchBuild): Promise<BenchImage>;
  /** Runs a program of Nix on the bench's store, or on another one. */
  nix(argv: readonly string[], config?: Readonly<Record<string, string>>): Promise<string>;
}

/** Environment of a Nix that is the tests' own. */
export function nixEnvironment(config: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const all = { "build-users-group": "", substituters: "", "sandbox-fallback": "false", ...config };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  return { NIX_CONFIG: lines.join("\n"), NIX_PATH: "", NIX_USER_CONF_FILES: "/dev/null" };
}

/** A store writes through to its disk at every step: in memory that costs nothing. */
export async function memoryFolder(): Promise<TemporaryFolder> {
  const parent = existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const folder = await mkdtemp(path.join(parent, "imagespec-nix-test-"));
  return {
    path: folder,
    join: (...parts) => path.join(folder, ...parts),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export async function openNixBench(tools: NixTools, own: NixBuilderOptions = {}): Promise<NixBench> {
  const folder = await memoryFolder();
  const server = await startRegistryServer();
  const client = new RegistryClient();
  const options: NixBuilderOptions = {
    nix: tools.bin,
    store: folder.join("store"),
    substituters: [],
    pin: { path: tools.set, sha256: tools.sha256, glibc: "2.36" },
    maxBuilds: 100,
    ...own,
  };
  await mkdir(folder.join("project/src"), { recursive: true });
  await writeFile(folder.join("project/src/main.py"), "print('hello')\n");
  return {
    folder: folder.path,
    registry: server.address,
    options,
    async build(input, given = {}) {
      const events: BuildEvent[] = [];
      const cacheFolder = given.cacheFolder ?? folder.join("cache");
      await mkdir(cacheFolder, { recursive: true });
      await using engine = new ImageBuildEngine({
        builders: [nix({ ...options, ...given.options })],
        cacheFolder,
        registryClient: client,
      });
      const registry = given.registry ?? server.address;
      const spec = new ImageSpec({
        name: "acme/nix",
        builder: "nix",
        baseImage: "scratch",
        pythonVersion: "3.11",
        ...input,
      });
      const result = await engine.build(spec, {
        root: folder.join("project"),
        registry,
        ...given.build,
        onEvent: (event) => events.push(event),
      });
      const repository = client.repository({ registry, repository: spec.name ?? "" });
      const digest = parseDigest(result.digest ?? "");
      const stored = await repository.readManifest({ digest });
      const manifest = parseImageManifest(stored?.bytes ?? "");
      const config = parseImageConfig(await repository.getBlob(manifest.config));
      const files = () => layerFiles(repository, { digest }, { keepContent: (_path, size) => size < 100_000 });
      return { result, events, manifest, config, files };
    },
    async nix(argv, config = {}) {
      const [program = "", ...rest] = argv;
      const env = nixEnvironment({ store: options.store ?? "", ...config });
      return (await run([path.join(tools.bin, program), ...rest], { env })).stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
