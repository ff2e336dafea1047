import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProjectFolder } from "./terminal-project.ts";

/** What walks use of this machine. */
export interface WalkPlace extends ProjectFolder {
  /** A registry that images are pushed to. */
  readonly registry: string;
  /** As in `DOCKER_HOST`. */
  readonly engine: string;
  readonly hasShell: boolean;
  /** What `build` made: `acme/train:u1-…`. */
  image: string;
}

/** A real use of a command. */
export interface Walk {
  args(place: WalkPlace): readonly string[];
  /** Ctrl-C is pressed at this text; without it the command ends by itself. */
  readonly interruptAt?: RegExp;
  /** @default 0 */
  readonly exitCodes?: readonly number[];
  /** What has to be read in it, white space aside. */
  readonly shows: string;
}

/** A walk for each command, in an order in which they can be made. */
export const walks: Readonly<Record<string, Walk>> = {
  init: { args: () => ["init", "fresh/image.yaml"], shows: "imagespec run fresh/image.yaml" },
  builders: { args: () => ["builders"], shows: "reproducible" },
  doctor: { args: () => ["doctor"], shows: "can be written" },
  config: { args: () => ["config"], shows: "IMAGESPEC_CACHE_DIR" },
  schema: { args: () => ["schema", "config"], shows: '"$schema": "https://json-schema.org/draft/2020-12/schema"' },
  completion: { args: () => ["completion", "bash"], shows: "complete" },
  import: { args: () => ["import", "flytekit", "flyte/spec.yaml"], shows: "# image scored:" },
  plan: { args: () => ["plan"], shows: "absent, for linux/amd64; goes to the local store" },
  explain: { args: () => ["explain"], shows: "assemble build" },
  build: { args: () => ["build"], shows: "6 built" },
  images: { args: () => ["images"], shows: "acme/train:u1-" },
  inspect: { args: ({ image }) => ["inspect", image], shows: 'Entrypoint ["python","-m","train"]' },
  logs: { args: () => ["logs", "--last"], shows: "6 built" },
  cache: { args: () => ["cache", "ls"], shows: "layers, wheels and Debian packages that no image needs" },
  push: { args: ({ image, registry }) => ["push", image, "--registry", registry], shows: "image 127.0.0.1:" },
  copy: { args: ({ image }) => ["copy", `local-store:${image}`, "train.tar"], shows: "train.tar" },
  load: { args: ({ image, engine }) => ["load", image, "--host", engine], shows: "acme/train:u1-" },
  export: {
    args: () => ["export", "dockerfile", "train.image.yaml"],
    shows: "build it with: docker build -t acme/train:u1-",
  },
  run: {
    args: ({ hasShell }) => ["run", hasShell ? "score/image.yaml" : "nowhere.yaml", "--runner", "linux"],
    // Not every machine lets a user change the root folder.
    exitCodes: [0, 2, 3],
    shows: "",
  },
  registry: {
    args: () => ["registry", "serve", "--port", "0"],
    interruptAt: /end it with Ctrl-C/,
    exitCodes: [130],
    shows: "serving from memory; end it with Ctrl-C",
  },
  lock: { args: () => ["lock"], shows: "pylock.acme-train.toml 4 packages" },
  remove: { args: ({ image }) => ["remove", image], shows: "removed acme/train:u1-" },
};

/** Writes what the walks need beside the project. */
export async function prepareWalks({ cwd, write }: ProjectFolder, config: string): Promise<void> {
  await write("fresh/requirements.txt", "pandas\n");
  await write(
    "score/image.yaml",
    'name: acme/score\nbaseImage: shell:1\nentrypoint: ["/bin/sh", "-c", "echo score 0.94"]\n',
  );
  await write("flyte/spec.yaml", "name: Scored\npackages: [six]\nenv: { MODE: fast }\n");
  const modules = join(cwd, "node_modules/@imagespec");
  await mkdir(modules, { recursive: true });
  await symlink(fileURLToPath(new URL("../../../dockerfile", import.meta.url)), join(modules, "dockerfile"));
  await write("imagespec.config.yaml", config);
}
