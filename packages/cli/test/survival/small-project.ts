import { chmod, mkdir, writeFile } from "node:fs/promises";
import type { ImageSpecInput } from "@imagespec/core";
import { type CredentialProvider, RegistryClient } from "@imagespec/registry-client";
import { type RegistryServerOptions, startRegistryServer } from "@imagespec/registry-server";
import { temporaryFolder } from "@imagespec/test-support";
import { type IndexServer, makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { type Gate, openGate } from "./gate.ts";
import { noise, pushSmallBase } from "./small-base.ts";

/** What stands between a build and a server. */
export interface Front extends AsyncDisposable {
  /** `127.0.0.1:41234` */
  readonly address: string;
}

/** A project whose build asks a package index and two registries, all of them on this machine. */
export interface SmallProject<F extends Front = Gate> extends AsyncDisposable {
  /** Folder of the spec file. */
  readonly root: string;
  /** In front of the package index. */
  readonly index: F;
  /** In front of the registry of the base image. */
  readonly upstream: F;
  /** File names of the wheels. */
  readonly wheels: readonly string[];
  /** Resolves to the wheels above; starts anew when its file is replaced. */
  readonly uv: string;
  /** A new path in a folder that goes away with the project. */
  newFolder(): string;
  /** The spec as a value; its files are below `root`. */
  readonly spec: ImageSpecInput;
  /** Writes a spec file with one more line in it. */
  writeSpec(name: string, line?: string): Promise<string>;
}

const fixtures = [
  { name: "alpha", version: "1.0", files: { "alpha/a.txt": "a\n".repeat(1000), "alpha/run.sh": "#!/bin/sh\n" } },
  {
    name: "beta",
    version: "2.0",
    files: { "beta/noise.bin": noise(300_000, 2), "beta/text.txt": "b ".repeat(50_000) },
  },
  { name: "gamma", version: "3.1", entryPoints: "[console_scripts]\ngamma = gamma:main\n" },
  // Large enough for a layer of its own.
  { name: "delta", version: "4.0", files: { "delta/noise.bin": noise(4_300_000, 3) } },
] as const;

/** Makes the project, with gates in front of its servers. */
export function smallProject(): Promise<SmallProject> {
  return projectBehind(openGate);
}

/** Makes the project with something else in front; the registry of the base has options of its own. */
export async function projectBehind<F extends Front>(
  open: (address: string) => Promise<F>,
  options: RegistryServerOptions = {},
): Promise<SmallProject<F>> {
  const folder = await temporaryFolder("imagespec-survival-");
  const wheels = fixtures.map((fixture) => makeWheel(fixture));
  const server: IndexServer = await serveIndex(wheels);
  const registry = await startRegistryServer(options);
  const index = await open(new URL(server.url).host);
  const upstream = await open(registry.address);
  const credentials: CredentialProvider = async () =>
    options.auth === undefined ? { kind: "anonymous" } : { kind: "basic", ...baseLogin };
  await using client = new RegistryClient({ proxy: {}, credentials });
  await pushSmallBase(client.repository({ registry: registry.address, repository: "base" }), "1");

  const root = folder.join("project");
  await mkdir(`${root}/src/train`, { recursive: true });
  await writeFile(`${root}/src/train/__init__.py`, "score = 1\n");
  const pylock = fixtures.map(({ name, version }, position) => {
    const { filename = "", bytes, sha256 } = wheels[position] ?? {};
    const wheel = `{ name = "${filename}", url = "http://${index.address}/files/${filename}", size = ${bytes?.length}, hashes = { sha256 = "${sha256}" } }`;
    return `[[packages]]\nname = "${name}"\nversion = "${version}"\nwheels = [${wheel}]\n`;
  });
  await writeFile(folder.join("answer.toml"), `lock-version = "1.0"\ncreated-by = "test"\n${pylock.join("")}`);
  const uv = folder.join("uv");
  await writeUv(uv, `sleep 0.03; while [ $# -gt 1 ]; do shift; done; cat '${folder.join("answer.toml")}' > "$1"`);
  const spec: ImageSpecInput = {
    name: "acme/train",
    pythonVersion: "3.12",
    baseImage: `${upstream.address}/base:1`,
    packages: fixtures.map(({ name, version }) => `${name}==${version}`),
    sourceRoot: "src",
    entrypoint: ["python", "-m", "train"],
  };
  let folders = 0;
  const project: SmallProject<F> = {
    root,
    index,
    upstream,
    wheels: wheels.map(({ filename }) => filename),
    uv,
    newFolder: () => folder.join(`folder-${++folders}`),
    spec,
    async writeSpec(name, line = "") {
      // JSON is YAML.
      const fields = Object.entries(spec).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);
      await writeFile(`${root}/${name}.image.yaml`, `${[...fields, line].join("\n")}\n`);
      return `${name}.image.yaml`;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([index[Symbol.asyncDispose](), upstream[Symbol.asyncDispose]()]);
      await Promise.all([server.close(), registry.close()]);
      await folder[Symbol.asyncDispose]();
    },
  };
  return project;
}

/** Who may pull the base where its registry wants to know. */
export const baseLogin: { readonly username: string; readonly password: string } = { username: "ada", password: "pw" };

/** Writes a program that answers like uv and does `script` instead of resolving. */
export async function writeUv(file: string, script: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\nif [ "$1" = --version ]; then echo "uv 0.13.9"; exit; fi\n${script}\n`);
  await chmod(file, 0o755);
}
