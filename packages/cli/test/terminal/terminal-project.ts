import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { temporaryFolder } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { noise } from "../survival/small-base.ts";
import { writePretendedUv } from "./pretended-uv.ts";
import { pretendedPython, pushBase, shellOfThisMachine } from "./terminal-base.ts";

const packages = [
  { name: "pandas", version: "2.3.3", requires: ["numpy"], bytes: 4_400_000 },
  { name: "numpy", version: "2.3.4", requires: [], bytes: 700_000 },
  { name: "scikit-learn", version: "1.7.2", requires: ["numpy", "joblib"], bytes: 600_000 },
  { name: "joblib", version: "1.5.2", requires: [], bytes: 50_000 },
] as const;

/** `train.image.yaml` */
export const trainSpec = `name: acme/train
pythonVersion: "3.13"
packages: [pandas, scikit-learn]
env: { OMP_NUM_THREADS: "2" }
sourceRoot: ./src
entrypoint: ["python", "-m", "train"]
`;

/** What commands are run in: a folder with a spec, its base and a cache, and an environment without anything of the user. */
export interface ProjectFolder {
  /** The working folder. */
  readonly cwd: string;
  readonly cache: string;
  readonly env: Readonly<Record<string, string>>;
  write(file: string, text: string): Promise<void>;
}

/** A project that data scientists may have, small, and without need for the network: its packages come from an index on this machine. */
export interface TerminalProject extends AsyncDisposable {
  /** Of the package index, without a path. */
  readonly indexOrigin: string;
  /** What its configuration file says. */
  readonly config: string;
  /** Whether the base `shell:1` has a shell. */
  readonly hasShell: boolean;
  /** A copy of the project, with an empty cache or a copy of another one. */
  open(cache?: string): Promise<ProjectFolder>;
}

export async function terminalProject(): Promise<TerminalProject> {
  const temporary = await temporaryFolder("imagespec-terminal-");
  const wheels = packages.map(({ name, version, bytes }, seed) => {
    const files = { [`${name.replace("-", "_")}/data.bin`]: noise(bytes, seed + 1) };
    return { ...makeWheel({ name: name.replace("-", "_"), version, files }), name };
  });
  const pip = makeWheel({ name: "pip", version: "25.3" });
  const index = await serveIndex([...wheels, pip]);
  const indexOrigin = new URL(index.url).origin;
  const uv = temporary.join("uv");
  await writePretendedUv(
    uv,
    packages.map(({ name, version, requires }, position) => {
      const { filename = "", bytes = Buffer.of(), sha256 = "" } = wheels[position] ?? {};
      const url = `${indexOrigin}/files/${filename}`;
      return { name, version, requires, wheel: { url, filename, sha256, size: bytes.length } };
    }),
  );
  const hub = await startRegistryServer();
  await using client = new RegistryClient({ proxy: {} });
  const push = (repository: string, tag: string, files: Parameters<typeof pushBase>[2]): Promise<void> =>
    pushBase(client.repository({ registry: hub.address, repository }), tag, files);
  const filling = { path: "usr/share/noise", content: noise(1_400_000, 9) };
  await push("library/python", "3.13-slim", [...pretendedPython, filling]);
  const shell = await shellOfThisMachine();
  await push("library/shell", "1", shell);
  const config = `mirrors: { docker.io: ["${hub.address}"] }\n`;
  let count = 0;
  return {
    indexOrigin,
    config,
    hasShell: shell.length > 0,
    async open(from) {
      const home = temporary.join(String(++count));
      const cwd = join(home, "train");
      const cache = join(home, "cache");
      const write = async (file: string, text: string): Promise<void> => {
        await mkdir(dirname(join(cwd, file)), { recursive: true });
        await writeFile(join(cwd, file), text);
      };
      await write(".git/HEAD", "ref: refs/heads/main\n");
      await write("train.image.yaml", trainSpec);
      await write("src/train/__main__.py", 'print("score 0.94")\n');
      await write("imagespec.config.yaml", config);
      if (from !== undefined) await cp(from, cache, { recursive: true });
      const env = {
        PATH: "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
        HOME: home,
        IMAGESPEC_CACHE_DIR: cache,
        IMAGESPEC_UV: uv,
        UV_DEFAULT_INDEX: index.url,
      };
      return { cwd, cache, env, write };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([index.close(), hub.close()]);
      await temporary[Symbol.asyncDispose]();
    },
  };
}
