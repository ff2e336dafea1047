// Our side: a spec of the project's lock and source, built by the engine with the BuildKit builder.
import { existsSync } from "node:fs";
import path from "node:path";

const root = path.join(import.meta.dirname, "..");
const builderFile = path.join(root, "plugins", "buildkit", "dist", "index.js");

/** Whether the builder has been built; without it the peer is measured alone. */
export const hasBuilder = existsSync(builderFile);

/**
 * Builds and pushes the project with an engine that has seen nothing yet but what is in its cache folder.
 *
 * @param build `{ project, host, registry, mirror, name, cacheFolder, uv, sourceRoot }`
 * @returns milliseconds of making the engine, building and closing it
 */
export async function buildOnce({ project, host, registry, mirror, name, cacheFolder, uv, requirements = "uv.lock" }) {
  const { ImageBuildEngine, ImageSpec } = await import(path.join(root, "packages", "core", "dist", "index.js"));
  const { buildkit } = await import(builderFile);
  const start = performance.now();
  const spec = new ImageSpec({
    name,
    baseImage: "python:3.12-slim",
    ...(requirements === null ? {} : { requirements }),
    sourceRoot: "src",
    cmd: ["python", "-m", "forecast"],
  });
  const engine = new ImageBuildEngine({
    builders: [buildkit({ host, uv })],
    cacheFolder,
    registryOptions: { insecure: [registry, mirror], mirrors: { "docker.io": [`http://${mirror}`] } },
  });
  try {
    await engine.build(spec, { registry, root: project });
  } finally {
    await engine.close();
  }
  return performance.now() - start;
}
