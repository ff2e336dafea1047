import { ImageBuildEngine, ImageSpec, type ImageSpecBuilder } from "@imagespec/core";

const base: ImageSpec = new ImageSpec({ name: "acme/base", aptPackages: ["git"] });
export const train: ImageSpec = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["six"] });

/** `builders`: those of installed plugins, such as `[assemble()]` of @imagespec/builder-assemble. */
export async function build(builders: readonly ImageSpecBuilder[], registry: string): Promise<string> {
  await using engine = new ImageBuildEngine({ builders });
  const image = await engine.build(train, { registry, onEvent: (event) => console.log(event.type) });
  return `${image.reference} ${image.digest}`;
}
