import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { relabel } from "./index.ts";

/** The image of a base with one more variable, in a registry. */
export async function build(baseImage: string, registry: string): Promise<string> {
  await using engine = new ImageBuildEngine({ builders: [relabel({ platforms: ["linux/amd64"] })] });
  const spec = new ImageSpec({ name: "acme/tuned", baseImage, env: { OMP_NUM_THREADS: "2" } });
  const image = await engine.build(spec, { registry });
  return image.reference;
}
