import { cloudDeclines } from "@imagespec/cloud-support";
import type { ResolvedImageSpec, SelectionContext } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { nativePlatforms } from "./build/native-platform.ts";
import { builderName } from "./builder-name.ts";
import type { GoogleCloudBuildOptions } from "./google-cloud-build-options.ts";
import { isArtifactRegistry } from "./registry/artifact-registry-host.ts";

/** Platforms that buildx runs there by emulation. */
const emulated: readonly string[] = ["linux/arm64"];

/** What of a spec Cloud Build cannot build although its kind can; with the field, the reason and the way out. */
export function declines(
  spec: ResolvedImageSpec,
  context: Pick<SelectionContext, "output" | "allowEmulation">,
  options: GoogleCloudBuildOptions,
): readonly SpecProblem[] {
  const known = [...nativePlatforms, ...emulated];
  const problems = cloudDeclines(spec, context, {
    builder: builderName,
    platforms: known,
    isOwnRegistry: (registry) => isArtifactRegistry(registry, options.endpoints?.registries),
    registries: "Artifact Registry (LOCATION-docker.pkg.dev, gcr.io)",
    secrets: new Set(Object.keys(options.secrets ?? {})),
    keeps: "google",
  });
  return [...problems, ...emulationProblems(spec, context, options)];
}

function emulationProblems(
  { platforms }: ResolvedImageSpec,
  { allowEmulation }: Pick<SelectionContext, "allowEmulation">,
  { builder }: GoogleCloudBuildOptions,
): readonly SpecProblem[] {
  return platforms
    .filter((platform) => emulated.includes(platform.replace(/\/v8$/, "")))
    .flatMap((platform) => {
      const message = `Cloud Build has machines of ${nativePlatforms.join(", ")} alone, and "${platform}" would be emulated`;
      if (!allowEmulation) return [problem(message, "allow emulation, or choose another builder for this platform")];
      return builder === "docker" ? [problem(message, 'leave the option "builder" out: docker cannot do that')] : [];
    });
}

function problem(message: string, hint: string): SpecProblem {
  return { code: "BUILDER_DECLINED", path: "platform", message, hint };
}
