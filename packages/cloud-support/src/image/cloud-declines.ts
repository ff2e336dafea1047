import { type ResolvedImageSpec, readIndexOption, type SelectionContext } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { isLoopbackRegistry } from "@imagespec/oci";

export interface DeclineOptions {
  /** Name of the builder. */
  readonly builder: string;
  /** Platforms that the cloud has machines for: `linux/amd64`. */
  readonly platforms: readonly string[];
  /** Whether the builder reaches the registry of an output. */
  readonly isOwnRegistry: (registry: string) => boolean;
  /** `an ECR registry`: for the refusal. */
  readonly registries: string;
  /** Ids of secrets of the spec that the builder's options say a reference for. */
  readonly secrets: ReadonlySet<string>;
  /** Which sources of secrets the cloud itself keeps. */
  readonly keeps: "aws" | "google";
}

/** What of a spec no builder on a cloud can build, although its kind can; pure, and without the network. */
export function cloudDeclines(
  spec: ResolvedImageSpec,
  { output }: Pick<SelectionContext, "output">,
  options: DeclineOptions,
): readonly SpecProblem[] {
  const own = spec.builder === options.builder ? readIndexOption(options.builder, spec.builderOptions).problems : [];
  return [
    ...own,
    ...baseProblems(spec, output),
    ...platformProblems(spec, options),
    ...secretProblems(spec, options),
    ...outputProblems(output, options),
  ];
}

function problem(path: string, message: string, hint: string): SpecProblem {
  return { code: "BUILDER_DECLINED", path, message, hint };
}

function baseProblems(
  { resolvedBase, requirementLines, lock, condaPackages, aptPackages, commands }: ResolvedImageSpec,
  output: SelectionContext["output"],
): readonly SpecProblem[] {
  if (resolvedBase.kind === "scratch") {
    const asks: readonly (readonly [path: string, what: string, isAsked: boolean])[] = [
      ["packages", "Python packages", requirementLines.length > 0 || lock !== undefined],
      ["condaPackages", "conda packages", condaPackages.length > 0],
      ["aptPackages", "Debian packages", aptPackages.length > 0],
      ["commands", "commands", commands.length > 0],
    ];
    return asks
      .filter(([, , isAsked]) => isAsked)
      .map(([path, what]) =>
        problem(path, `"scratch" has nothing that ${what} could stand on`, "choose a base, such as { debian: trixie }"),
      );
  }
  // An output on loopback is one that the build reaches: then it reaches a base there too.
  const isNear = output.kind === "registry" && isLoopbackRegistry(output.registry);
  const isHere =
    resolvedBase.kind === "oci-layout" ||
    (resolvedBase.kind === "reference" && isLoopbackRegistry(registryOf(resolvedBase.reference)) && !isNear);
  if (!isHere) return [];
  const hint = "push the base to a registry that the cloud reaches";
  return [problem("baseImage", "the base is on this machine, where the cloud cannot reach it", hint)];
}

function registryOf(reference: string): string {
  return reference.slice(0, reference.indexOf("/"));
}

function platformProblems(spec: ResolvedImageSpec, { platforms, builder }: DeclineOptions): readonly SpecProblem[] {
  return spec.platforms
    .filter((platform) => !platforms.includes(platform.replace(/\/v8$/, "")))
    .map((platform) =>
      problem(
        "platform",
        `"${builder}" has no machine that runs "${platform}": there is ${platforms.join(", ")}`,
        "choose one of these, or another builder",
      ),
    );
}

function secretProblems(spec: ResolvedImageSpec, { secrets, builder, keeps }: DeclineOptions): readonly SpecProblem[] {
  return spec.secrets.flatMap(({ id, from }, index) =>
    secrets.has(id) || keeps in from
      ? []
      : [
          problem(
            `secrets[${index}]`,
            `the value of the secret "${id}" is on this machine, and "${builder}" hands on references alone`,
            `take it from { ${keeps}: … }, or name where the cloud keeps it in the option secrets["${id}"]`,
          ),
        ],
  );
}

function outputProblems(output: SelectionContext["output"], options: DeclineOptions): readonly SpecProblem[] {
  if (output.kind === "registry" && options.isOwnRegistry(output.registry)) return [];
  const where = output.kind === "registry" ? `to "${output.registry}"` : `to an output of kind "${output.kind}"`;
  return [
    problem(
      "output",
      `"${options.builder}" cannot push ${where}: it pushes to ${options.registries}`,
      "change registry",
    ),
  ];
}
