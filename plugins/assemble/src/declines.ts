import { type ResolvedImageSpec, readIndexOption } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { parsePlatform } from "@imagespec/oci";

const useBuildkit = "let a builder with a container engine build it: builder: buildkit";

/** What of a spec cannot be assembled although its kind can; with the field, the reason and the way out. */
export async function declines(spec: ResolvedImageSpec): Promise<readonly SpecProblem[]> {
  const own = spec.builder === "assemble" ? readIndexOption("assemble", spec.builderOptions).problems : [];
  return [
    ...own,
    ...platformProblems(spec),
    ...(await baseProblems(spec)),
    ...requirementProblems(spec),
    ...(await secretProblems(spec)),
  ];
}

function problem(path: string, message: string, hint: string): SpecProblem {
  return { code: "BUILDER_DECLINED", path, message, hint };
}

function platformProblems({ platforms, resolvedBase }: ResolvedImageSpec): readonly SpecProblem[] {
  if (resolvedBase.kind !== "debian") return [];
  return platforms.flatMap((text) => {
    const { architecture } = parsePlatform(text);
    if (architecture === "amd64" || architecture === "arm64") return [];
    return [problem("platform", `there is no Debian base for "${text}"`, "use linux/amd64 or linux/arm64")];
  });
}

async function baseProblems(spec: ResolvedImageSpec): Promise<readonly SpecProblem[]> {
  if (spec.resolvedBase.kind !== "scratch") return [];
  const { needsPython } = await import("@imagespec/assembler");
  if (!needsPython(spec)) return [];
  return [
    problem(
      "baseImage",
      '"scratch" has no Python for the packages',
      "choose a base with Python, such as { debian: trixie }",
    ),
  ];
}

function requirementProblems(spec: ResolvedImageSpec): readonly SpecProblem[] {
  return spec.requirementLines.flatMap((line) => {
    if (!isLocal(line)) return [];
    const index = spec.packages.indexOf(line);
    const path = index >= 0 ? `packages[${index}]` : "requirements";
    return [problem(path, `"${line}" is a folder or source on this machine`, `build a wheel of it, or ${useBuildkit}`)];
  });
}

/** A path to a project, an editable install, or a project folder by URL. Wheels by `file:` URL are fine. */
function isLocal(line: string): boolean {
  if (/^(?:-e\b|--editable\b|\.{0,2}\/)/.test(line)) return true;
  const url = /@\s*(file:\S+)/.exec(line)?.[1];
  return url !== undefined && !/\.whl(?:[#?].*)?$/.test(url);
}

async function secretProblems({ secrets }: ResolvedImageSpec): Promise<readonly SpecProblem[]> {
  if (secrets.length === 0) return [];
  // Looking at a spec must not cost the loading of what only some specs need.
  const { isNetrcTarget } = await import("@imagespec/resolver");
  return secrets.flatMap(({ id, steps, target, from }, index) => {
    if ("value" in from || !steps.includes("packages") || isNetrcTarget(target)) return [];
    const message = `the secret "${id}" is for "${target}": only a netrc file can be used where nothing is executed`;
    return [problem(`secrets[${index}].target`, message, `set the target to /root/.netrc, or ${useBuildkit}`)];
  });
}
