import { type ResolvedImageSpec, readIndexOption, type SelectionContext } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { isLoopbackRegistry } from "@imagespec/oci";
import { sharesLoopback } from "./build/daemon-place.ts";
import type { DaemonFacts } from "./build/daemon-pool.ts";
import { isSamePlatform } from "./build/same-platform.ts";
import type { BuildkitBuilderOptions } from "./buildkit-builder-options.ts";

/** What of a spec these daemons cannot build although their kind can; with the field, the reason and the way out. */
export function declines(
  spec: ResolvedImageSpec,
  context: Pick<SelectionContext, "output" | "allowEmulation">,
  { options, daemons }: { readonly options: BuildkitBuilderOptions; readonly daemons: readonly DaemonFacts[] },
): readonly SpecProblem[] {
  const own = spec.builder === "buildkit" ? readIndexOption("buildkit", spec.builderOptions).problems : [];
  return [
    ...own,
    ...baseProblems(spec, daemons),
    ...platformProblems(spec, context, daemons),
    ...dialectProblems(options, daemons),
    ...cacheProblems(options, daemons),
    ...timestampProblems(options, daemons),
    ...compressionProblems(options, daemons),
    ...outputProblems(context, daemons),
  ];
}

function problem(path: string, message: string, hint: string): SpecProblem {
  return { code: "BUILDER_DECLINED", path, message, hint };
}

function baseProblems(spec: ResolvedImageSpec, daemons: readonly DaemonFacts[]): readonly SpecProblem[] {
  const { resolvedBase } = spec;
  if (resolvedBase.kind === "scratch") {
    const asks: readonly (readonly [path: string, what: string, isAsked: boolean])[] = [
      ["packages", "Python packages", spec.requirementLines.length > 0 || spec.lock !== undefined],
      ["condaPackages", "conda packages", spec.condaPackages.length > 0],
      ["aptPackages", "Debian packages", spec.aptPackages.length > 0],
      ["commands", "commands", spec.commands.length > 0],
    ];
    return asks
      .filter(([, , isAsked]) => isAsked)
      .map(([path, what]) =>
        problem(path, `"scratch" has nothing that ${what} could stand on`, "choose a base, such as { debian: trixie }"),
      );
  }
  const isHere =
    resolvedBase.kind === "oci-layout" ||
    (resolvedBase.kind === "reference" && isLoopbackRegistry(registryOf(resolvedBase.reference)));
  if (!isHere || daemons.some((daemon) => sharesLoopback(daemon))) return [];
  const [daemon] = daemons;
  return [
    problem(
      "baseImage",
      `the base is on this machine, and the daemon at "${daemon?.address}" cannot reach it`,
      "push the base to a registry that the daemon reaches",
    ),
  ];
}

function registryOf(reference: string): string {
  return reference.slice(0, reference.indexOf("/"));
}

function platformProblems(
  { platforms }: ResolvedImageSpec,
  { allowEmulation }: Pick<SelectionContext, "allowEmulation">,
  daemons: readonly DaemonFacts[],
): readonly SpecProblem[] {
  return platforms.flatMap((platform) => {
    if (daemons.some((daemon) => isSamePlatform(daemon.platforms[0], platform))) return [];
    const emulating = daemons.find((daemon) => daemon.platforms.some((each) => isSamePlatform(each, platform)));
    const known = [...new Set(daemons.map((daemon) => daemon.platforms[0] ?? "an unknown platform"))].join(", ");
    if (emulating === undefined) {
      const message = `no daemon runs "${platform}": there is ${known}`;
      const hint = `name a daemon of that platform by the option "hosts", or install binfmt and qemu on its machine`;
      return [problem("platform", message, hint)];
    }
    if (allowEmulation) return [];
    const message = `"${platform}" would be emulated at "${emulating.address}", which runs ${known}`;
    return [problem("platform", message, 'allow emulation, or name a daemon of that platform by the option "hosts"')];
  });
}

function dialectProblems(
  { dialect, frontend }: BuildkitBuilderOptions,
  daemons: readonly DaemonFacts[],
): readonly SpecProblem[] {
  if (dialect !== "modern" || frontend !== undefined) return [];
  return daemons
    .filter((daemon) => daemon.features.dialect === "base")
    .map(({ address, version }) =>
      problem(
        "builder",
        `the daemon at "${address}" (${version}) does not read the dialect "modern"`,
        'leave the option "dialect" out, or set "frontend" to docker/dockerfile:1',
      ),
    );
}

function cacheProblems({ cache }: BuildkitBuilderOptions, daemons: readonly DaemonFacts[]): readonly SpecProblem[] {
  const isExported =
    cache?.required === true && (cache.to ?? []).some((choice) => !/^type=inline|^inline$/.test(nameOf(choice)));
  if (!isExported) return [];
  return daemons
    .filter((daemon) => !daemon.features.registryCache)
    .map(({ address }) =>
      problem(
        "builder",
        `the daemon at "${address}" cannot export a cache: its image store is a graph driver`,
        "switch the engine to the containerd image store, or leave the option cache.to out",
      ),
    );
}

function nameOf(choice: string | Readonly<Record<string, string>>): string {
  return typeof choice === "string" ? choice : `type=${choice["type"] ?? "registry"}`;
}

function timestampProblems(
  { reproducible }: BuildkitBuilderOptions,
  daemons: readonly DaemonFacts[],
): readonly SpecProblem[] {
  if (reproducible !== true) return [];
  return daemons
    .filter((daemon) => !daemon.features.rewriteTimestamp)
    .map(({ address, version }) =>
      problem(
        "builder",
        `the daemon at "${address}" (${version}) cannot give files of build steps a fixed time`,
        'use a buildkitd of 0.13 or later, or leave the option "reproducible" out',
      ),
    );
}

function compressionProblems(
  { compression }: BuildkitBuilderOptions,
  daemons: readonly DaemonFacts[],
): readonly SpecProblem[] {
  if (compression === undefined || compression === "gzip") return [];
  return daemons
    .filter((daemon) => daemon.features.store === "graphdriver")
    .map(({ address }) =>
      problem(
        "builder",
        `the engine at "${address}" compresses layers by gzip alone: its image store is a graph driver`,
        "switch the engine to the containerd image store, or leave the option compression out",
      ),
    );
}

function outputProblems(
  { output }: Pick<SelectionContext, "output">,
  daemons: readonly DaemonFacts[],
): readonly SpecProblem[] {
  const takes = ({ kind, features }: DaemonFacts): boolean =>
    features.ociExport || kind === "engine" || (output.kind === "registry" && features.directPush);
  if (daemons.some(takes)) return [];
  const [daemon] = daemons;
  return [
    problem(
      "output",
      `the daemon at "${daemon?.address}" cannot hand an image to an output of kind "${output.kind}"`,
      "give the spec a registry",
    ),
  ];
}
