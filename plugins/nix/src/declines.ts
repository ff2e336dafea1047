import { defaultPythonVersion, type ResolvedImageSpec, type SelectionContext } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { mapAptPackages } from "./apt/map-apt-packages.ts";
import { askedPackages } from "./evaluation/asked-packages.ts";
import { nixSystem } from "./evaluation/evaluation-input.ts";
import { minorOf, packageSource, wantsPython } from "./image/plan.ts";
import { mergeImageOptions } from "./options/content-options.ts";
import { readImageOptions } from "./options/image-options.ts";
import type { NixBuilderOptions, NixImageOptions } from "./options/nix-builder-options.ts";
import { choosePin, noPin } from "./pins/choose-pin.ts";

const useBuildkit = "let a builder with a container engine build it: builder: buildkit";

/** What of a spec cannot be made of Nix although its kind can; without a process, all of it at once. */
export function declines(
  options: NixBuilderOptions,
  spec: ResolvedImageSpec,
  { hostPlatform }: Pick<SelectionContext, "hostPlatform">,
): readonly SpecProblem[] {
  if (spec.builder !== "nix") {
    return [
      problem(
        "builder",
        "nix builds only specs that name it: what it makes depends on its package set, which has to be in the fingerprint",
        "write builder: nix into the spec or the configuration",
      ),
    ];
  }
  if (spec.part === "system")
    return [problem("", "nix builds no system part of a split build", "take another system builder, such as buildkit")];
  const own = readImageOptions(spec.builderOptions);
  if (own.problems.length > 0) return own.problems;
  const merged = mergeImageOptions(options, spec.builderOptions);
  return [
    ...platformProblems(options, spec, hostPlatform),
    ...pythonProblems(merged, spec),
    ...packageProblems(merged, spec),
    ...systemProblems(merged, spec),
    ...secretProblems(merged, spec),
  ];
}

function problem(path: string, message: string, hint: string): SpecProblem {
  return { code: "BUILDER_DECLINED", path, message, hint };
}

function platformProblems(
  { builders, substituters }: NixBuilderOptions,
  { platforms }: ResolvedImageSpec,
  hostPlatform: string,
): readonly SpecProblem[] {
  return platforms.flatMap((platform) => {
    if (nixSystem(platform) === undefined)
      return [problem("platform", `nixpkgs has no packages for "${platform}"`, "use linux/amd64 or linux/arm64")];
    if (platform === hostPlatform || builders !== undefined || (substituters ?? []).length > 0) return [];
    const message = `nothing says where Nix gets packages for "${platform}" on "${hostPlatform}"`;
    return [problem("platform", message, "name a remote builder (option builders) or a cache (option substituters)")];
  });
}

function pythonProblems(options: NixImageOptions, spec: ResolvedImageSpec): readonly SpecProblem[] {
  if (!wantsPython(spec, options)) return [];
  const wanted = spec.pythonVersion;
  // The base's own Python shows when the base is read.
  if (wanted === undefined && spec.resolvedBase.kind !== "scratch") return [];
  const minor = minorOf(wanted ?? defaultPythonVersion);
  const isOfBase =
    options.python === "base" || (packageSource(spec, options) !== "nixpkgs" && options.python !== "nix");
  if (isOfBase && spec.resolvedBase.kind !== "scratch") return [];
  return choosePin(options, minor) === undefined ? [noPin("pythonVersion", minor)] : [];
}

function packageProblems(options: NixImageOptions, spec: ResolvedImageSpec): readonly SpecProblem[] {
  const source = packageSource(spec, options);
  if (source === undefined) return [];
  if (source === "wheels") {
    if (options.python === "base" && spec.resolvedBase.kind === "scratch")
      return [problem("builderOptions.python", '"scratch" has no Python', "choose a base with Python, or write nix")];
    return localWheelProblems(spec);
  }
  const problems: SpecProblem[] = [];
  if (options.python === "base") {
    const message = "packages of nixpkgs run on the Python of nixpkgs alone, and the options ask for the base's";
    problems.push(
      problem("builderOptions.python", message, "write nix, or take wheels: builderOptions.packages: wheels"),
    );
  }
  const takeWheels = "write wheels, which have exact versions, or leave the option out";
  if (spec.lock !== undefined)
    problems.push(problem("builderOptions.packages", "the packages of a lock are wheels, not nixpkgs", takeWheels));
  const fields = ["pipIndex", "excludeNewer"] as const;
  for (const field of fields) {
    if (spec[field] === undefined) continue;
    problems.push(
      problem(field, `nixpkgs knows no "${field}"`, "leave it out, or set builderOptions.packages to wheels"),
    );
  }
  if (spec.pipExtraIndexUrl.length > 0)
    problems.push(
      problem(
        "pipExtraIndexUrl",
        "nixpkgs knows no package index",
        "leave it out, or set builderOptions.packages to wheels",
      ),
    );
  if (spec.pipExtraArgs.length > 0)
    problems.push(
      problem(
        "pipExtraArgs",
        "nixpkgs knows no arguments of pip",
        "leave them out, or set builderOptions.packages to wheels",
      ),
    );
  const target = { platform: spec.platforms[0] ?? "", pythonVersion: spec.pythonVersion ?? defaultPythonVersion };
  return [...problems, ...askedPackages(spec, target).problems];
}

function localWheelProblems(spec: ResolvedImageSpec): readonly SpecProblem[] {
  return spec.requirementLines.flatMap((line) => {
    if (!/^(?:-e\b|--editable\b|\.{0,2}\/)/.test(line) && !/@\s*file:\S+(?<!\.whl)(?:[#?].*)?$/.test(line)) return [];
    const index = spec.packages.indexOf(line);
    const path = index >= 0 ? `packages[${index}]` : "requirements";
    return [problem(path, `"${line}" is a folder or source on this machine`, `build a wheel of it, or ${useBuildkit}`)];
  });
}

function systemProblems(options: NixImageOptions, spec: ResolvedImageSpec): readonly SpecProblem[] {
  const { mapped, problems } = mapAptPackages(spec.aptPackages, options);
  if (options.python !== "base" && packageSource(spec, options) !== undefined) return problems;
  const stuck = mapped.filter(({ kind }) => kind === "library" && options.python === "base");
  return [
    ...problems,
    ...stuck.map(({ name, path }) =>
      problem(
        path,
        `"${name}" is a library: the base's Python cannot load one of Nix`,
        "set builderOptions.python to nix",
      ),
    ),
  ];
}

/** Whatever is in a Nix store can be read by everyone. */
function secretProblems(options: NixImageOptions, spec: ResolvedImageSpec): readonly SpecProblem[] {
  return spec.secrets.flatMap(({ id, steps, target, from }, index) => {
    if ("value" in from || !steps.includes("packages")) return [];
    const path = `secrets[${index}]`;
    if (packageSource(spec, options) !== "wheels")
      return [
        problem(
          path,
          `the secret "${id}" is for packages, and nixpkgs takes none: its store can be read by everyone`,
          "leave it out, or set builderOptions.packages to wheels",
        ),
      ];
    if (/(?:^|\/)\.?netrc$/.test(target)) return [];
    return [
      problem(
        `${path}.target`,
        `the secret "${id}" is for "${target}": only a netrc file can be used where nothing is executed`,
        `set the target to /root/.netrc, or ${useBuildkit}`,
      ),
    ];
  });
}
