import type { ImageSpecInput, ResolvedImageSpec } from "@imagespec/core";
import { createUvResolver } from "@imagespec/resolver";
import type { Stack, StackEngineName } from "@imagespec/test-support";
import {
  type DockerfileInput,
  type DockerfileOptions,
  type DockerfilePlan,
  packageTarget,
  planDockerfile,
} from "../../src/index.ts";
import type { SpecPlace } from "../../src/testing/spec-place.ts";
import { probeBase } from "./probe-base.ts";
import { toolsFolder, uvFile } from "./uv-file.ts";

export const labels = { "dev.imagespec.fingerprint": "f1", "dev.imagespec.contract": "1" } as const;

/** What a builder does before it hands the plan to its daemon. */
export async function planFor(
  stack: Stack,
  engine: StackEngineName,
  place: SpecPlace,
  input: ImageSpecInput,
  options: Partial<DockerfileOptions> & {
    readonly secret?: (id: string) => Promise<string>;
    readonly base?: DockerfileInput["base"];
  } = {},
): Promise<{
  readonly spec: ResolvedImageSpec;
  readonly plan: DockerfilePlan;
  readonly base: DockerfileInput["base"];
}> {
  const spec = await place.resolve(input);
  const base = options.base ?? (await probeBase(stack, engine, spec));
  const target = packageTarget(spec, base?.facts);
  const secret = options.secret ?? (async () => "");
  const resolution =
    target === undefined
      ? undefined
      : await createUvResolver({ cacheFolder: toolsFolder }).resolve(spec, target.environment, {
          constraints: target.constraints,
          sdists: true,
          secret,
          signal: new AbortController().signal,
        });
  const { secret: _secret, base: _base, ...planOptions } = options;
  const plan = planDockerfile(
    { spec, base, resolution, labels, env: { IMAGESPEC_ID: "id-1" } },
    { dialect: engine === "20.10" ? "base" : "modern", uv: { from: "context", file: await uvFile() }, ...planOptions },
  );
  return { spec, plan, base };
}
