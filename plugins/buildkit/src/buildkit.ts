import {
  type BuilderDefinition,
  type Capability,
  defineBuilder,
  type ImageSpecBuilder,
  type Json,
  priorities,
  readIndexOption,
} from "@imagespec/core";
import type { DaemonPool } from "./build/daemon-pool.ts";
import { assertOptions } from "./builder-options.ts";
import type { BuildkitBuilderOptions } from "./buildkit-builder-options.ts";
import { declines } from "./declines.ts";

const capabilities: readonly Capability[] = [
  "apt-packages",
  "conda-packages",
  "commands",
  "sdists",
  "cuda",
  "python-exec",
  "other-python",
  "base-image",
  "scratch-base",
  "onbuild",
  "runtime-packages",
  "bytecode",
  "profile-flytekit",
  "emulation",
  "output-registry",
  "output-local-store",
  "output-oci-layout",
  "output-docker-archive",
  "output-engine",
  "secret-env",
  "secret-file",
];

/** The daemons of one builder; loaded when somebody asks for them. */
function lazyPool(options: BuildkitBuilderOptions): () => Promise<DaemonPool> {
  let pool: Promise<DaemonPool> | undefined;
  return () => {
    pool ??= import("./build/create-pool.ts").then(({ createPool }) => createPool(options));
    return pool;
  };
}

function define(options: BuildkitBuilderOptions = {}): BuilderDefinition {
  assertOptions(options);
  const pool = lazyPool(options);
  return {
    name: "buildkit",
    priority: priorities.buildkit,
    appendableSource: true,
    // Daemons that cannot do it are declined.
    capabilities: options.reproducible === true ? [...capabilities, "reproducible"] : capabilities,
    async isAvailable({ signal }): Promise<true> {
      await (await pool()).facts(signal);
      return true;
    },
    async shouldBuild(spec, context) {
      const daemons = await (await pool()).facts(context.signal);
      const problems = declines(spec, context, { options, daemons });
      if (problems.length > 0) return { action: "decline", problems };
      return {
        action: "build",
        detail: daemons.map(({ kind, address, version }) => `${kind} ${version} at ${address}`).join(", "),
      };
    },
    contentOptions: (value): Json => {
      const { index } = readIndexOption("buildkit", value).options;
      return index === undefined ? {} : { index };
    },
    async build(spec, request) {
      // Loaded when something has to be built: most runs find the image in place.
      const { buildImage } = await import("./build/build-image.ts");
      return buildImage(spec, request, { options, pool: await pool() });
    },
    async lockBase(spec, request) {
      const { lockBase } = await import("./build/lock-base.ts");
      return lockBase(spec, request, { options, pool: await pool() });
    },
    resolver: (spec, { cacheFolder }) => ({
      async resolve(...request) {
        const { createResolver } = await import("./build/create-resolver.ts");
        return createResolver(options, spec, cacheFolder).resolve(...request);
      },
    }),
  };
}

/** The builder that has images built by BuildKit: a Docker Engine, a buildkitd or `docker buildx`. It can do all that a spec can say. */
export const buildkit: (options?: BuildkitBuilderOptions) => ImageSpecBuilder = defineBuilder<
  BuildkitBuilderOptions | undefined
>(define);
