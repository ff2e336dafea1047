import { ImageBuildEngine, ImageSpec, type ImageSpecBuilder } from "@imagespec/core";

const base: ImageSpec = new ImageSpec({ name: "acme/base", pythonVersion: "3.12", aptPackages: ["git"] });

export const train: ImageSpec = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["six"] }).withEnv({
  HF_HOME: "/models",
});

/** `builders`: those of installed plugins, such as `[assemble()]` of @imagespec/builder-assemble. */
export async function build(builders: readonly ImageSpecBuilder[], registry: string): Promise<string> {
  await using engine = new ImageBuildEngine({ builders });
  for (const { name, action, builder } of (await engine.plan(train, { registry })).images) {
    console.log(`${name}: ${action} ${builder ?? ""}`);
  }
  const image = await engine.build(train, { registry, onEvent: (event) => console.log(event.type) });
  return `${image.reference} ${image.digest}`;
}
