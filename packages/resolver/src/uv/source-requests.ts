import { normalizePackageName, type ResolvedImageSpec } from "@imagespec/core";

/** What a spec wants to have built from its source. */
export interface SourceRequests {
  /** Some package at least. */
  readonly any: boolean;
  /** Whether a package must be built although it has a wheel: `--no-binary`. */
  isBuilt(name: string): boolean;
  /** Whether the spec names the package as one to build: `--no-binary`, or by a URL that is not a wheel's. */
  isNamed(name: string): boolean;
}

/** Reads `--no-binary` as pip does (the last `:all:` or `:none:` starts anew), and the URLs of requirements. */
export function sourceRequests(spec: Pick<ResolvedImageSpec, "pipExtraArgs" | "requirementLines">): SourceRequests {
  let isAll = false;
  const built = new Set<string>();
  for (const [index, argument] of spec.pipExtraArgs.entries()) {
    const value = /^--no-binary(?:=(.*))?$/.exec(argument);
    if (value === null) continue;
    for (const name of (value[1] ?? spec.pipExtraArgs[index + 1] ?? "").split(",").map((entry) => entry.trim())) {
      if (name === ":all:") isAll = true;
      else if (name === ":none:") {
        isAll = false;
        built.clear();
      } else if (name !== "") built.add(normalizePackageName(name));
    }
  }
  const byUrl = new Set(spec.requirementLines.flatMap(nameOfSource));
  const isBuilt = (name: string): boolean => isAll || built.has(name);
  return {
    any: isAll || built.size > 0 || byUrl.size > 0,
    isBuilt,
    isNamed: (name) => isBuilt(name) || byUrl.has(name),
  };
}

function nameOfSource(line: string): readonly string[] {
  const [, name, url] = /^\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*@\s*(\S+)/.exec(line) ?? [];
  if (name === undefined || url === undefined || /\.whl(?:[#?].*)?$/.test(url)) return [];
  return [normalizePackageName(name)];
}
