import { assemble } from "@imagespec/builder-assemble";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";

const base = new ImageSpec({ name: "acme/base", baseImage: { debian: "trixie" }, packages: ["requests"] });
const train = new ImageSpec({ name: "acme/train", baseImage: base, sourceRoot: "src" })
  .withPackages("attrs")
  .withEnv({ MODEL: "small" });

const engine = new ImageBuildEngine({ builders: [assemble()] });
try {
  const image = await engine.build(train, {
    registry: process.env.REGISTRY,
    root: import.meta.dirname,
    onEvent: (event) =>
      event.type === "step" && event.state === "done" && console.error(event.name, event.detail ?? ""),
  });
  console.log(image.reference, image.digest);
} finally {
  await engine.close();
}
