// What CI runs: node pipeline.mjs
import { fileURLToPath } from "node:url";
import { assemble } from "@imagespec/builder-assemble";
import { awsCodebuild } from "@imagespec/builder-aws-codebuild";
import { registries } from "@imagespec/builder-aws-codebuild/registries";
import { ImageBuildEngine } from "@imagespec/core";
import { specs } from "./specs.mjs";

/** Builds the three images, side by side. `options` are those of the builder, `registry` the host of ECR. */
export async function runPipeline({ registry, options, input, cacheFolder, signal, onEvent }) {
  const engine = new ImageBuildEngine({
    builders: [assemble(), awsCodebuild(options)],
    providers: registries(options),
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
  });
  try {
    return await engine.buildAll(Object.values(specs(input)), {
      registry,
      root: fileURLToPath(new URL(".", import.meta.url)),
      ...(signal === undefined ? {} : { signal }),
      onEvent: onEvent ?? report,
    });
  } finally {
    await engine.close();
  }
}

function report(event) {
  if (event.type === "step" && event.state !== "running") console.log(`${event.build}: ${event.name} ${event.state}`);
  if (event.type === "warning") console.warn(`${event.build}: ${event.message}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { REGISTRY: registry } = process.env;
  const results = await runPipeline({ registry, options: { repository: { ensure: true } } });
  for (const { reference, digest, builder } of results) console.log(`${reference}@${digest} by ${builder}`);
}
