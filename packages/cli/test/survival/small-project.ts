import { chmod, mkdir, writeFile } from "node:fs/promises";
import { RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { temporaryFolder } from "@imagespec/test-support";
import { type IndexServer, makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { type Gate, openGate } from "./gate.ts";
import { noise, pushSmallBase } from "./small-base.ts";

/** A project whose build asks a package index and two registries, all of them on this machine. */
export interface SmallProject extends AsyncDisposable {
  /** Folder of the spec file. */
  readonly root: string;
  /** In front of the package index. */
  readonly index: Gate;
  /** In front of the registry of the base image. */
  readonly upstream: Gate;
  /** File names of the wheels. */
  readonly wheels: readonly string[];
  /** Resolves to the wheels above; starts anew when its file is replaced. */
  readonly uv: string;
  /** A new path in a folder that goes away with the project. */
  newFolder(): string;
  /** Writes a spec file with one more line in it. */
  writeSpec(name: string, line?: string): Promise<string>;
}

const fixtures = [
  { name: "alpha", version: "1.0", files: { "alpha/a.txt": "a\n".repeat(1000), "alpha/run.sh": "#!/bin/sh\n" } },
  { name: "beta", version: "2.0", files: { "beta/noise.bin": noise(300_000, 2), "beta/text.txt": "b ".repeat(50_000) } },
  { name: "gamma", version: "3.1", entryPoints: "[console_scripts]\ngamma = gamma:main\n" },
  // Large enough for a layer of its own.
  { name: "delta", version: "4.0", files: { "delta/noise.bin": noise(4_300_000, 3) } },
] as const;

export interface SmallProjectOptions {
  /** Instead of what is between the build and the index, and the build and the registry of the base. */
  readonly between?: { readonly index?: (address: string) => Promise<Gate>; readonly upstream?: typeof openGate };
}

export async function smallProject({ between = {} }: SmallProjectOptions = {}): Promise<SmallProject> {
  const folder = await temporaryFolder("imagespec-survival-");
  const wheels = fixtures.map((fixture) => makeWheel(fixture));
  const server: IndexServer = await serveIndex(wheels);
  const registry = await startRegistryServer();
  const index = await (between.index ?? openGate)(new URL(server.url).host);
  const upstream = await (between.upstream ?? openGate)(registry.address);
  await using client = new RegistryClient({ proxy: {} });
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
  const packages = fixtures.map(({ name, version }) => `${name}==${version}`);
  let folders = 0;
  const project: SmallProject = {
    root,
    index,
    upstream,
    wheels: wheels.map(({ filename }) => filename),
    uv,
    newFolder: () => folder.join(`folder-${++folders}`),
    async writeSpec(name, line = "") {
      const lines = [
        "name: acme/train",
        'pythonVersion: "3.12"',
        `baseImage: ${upstream.address}/base:1`,
        `packages: [${packages.join(", ")}]`,
        "sourceRoot: src",
        'entrypoint: ["python", "-m", "train"]',
        line,
      ];
      await writeFile(`${root}/${name}.image.yaml`, `${lines.join("\n")}\n`);
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

/** Writes a program that answers like uv and does `script` instead of resolving. */
export async function writeUv(file: string, script: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\nif [ "$1" = --version ]; then echo "uv 0.13.9"; exit; fi\n${script}\n`);
  await chmod(file, 0o755);
}
