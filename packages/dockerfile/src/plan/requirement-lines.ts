import type { ResolvedDistribution, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { ContextFile } from "../context/context-entry.ts";

/** How a requirements file of an install step names distributions. */
export interface RequirementLines {
  /** One line, with the hash that the file must have. */
  of(distribution: ResolvedDistribution): string;
}

type Source = Pick<
  ResolvedImageSpec,
  "requirementLines" | "constraintLines" | "lock" | "pipIndex" | "pipExtraIndexUrl"
>;

/** Where build steps find files of this machine. */
export const localFilesFolder: string = "/build/files";

/**
 * Lines by name and version, so that the index of whoever builds is asked; by URL only where the spec itself names it, or
 * where its lock takes a package from an index that the spec does not name.
 */
export function requirementLines(
  spec: Source,
  pylock: string,
  files: ReadonlyMap<string, ContextFile>,
): RequirementLines {
  const named = new Set([...spec.requirementLines, ...spec.constraintLines].flatMap((line) => urlOf(line) ?? []));
  const direct = directNames(spec, pylock);
  return {
    of(distribution) {
      const { name, version, wheel, sdist } = distribution;
      if (sdist?.kind === "git") {
        const folder = sdist.subdirectory === undefined ? "" : `#subdirectory=${sdist.subdirectory}`;
        return `${name} @ git+${sdist.url}@${sdist.commit}${folder}`;
      }
      const { url, sha256, filename } = wheel ?? sdist;
      const folder = sdist?.subdirectory === undefined ? "" : `&subdirectory=${sdist.subdirectory}`;
      if (url.startsWith("file:")) {
        if (!files.has(url)) {
          throw new ImageSpecError("INTERNAL", `the file "${filename}" of this machine was not given for the context`);
        }
        return `${name} @ file://${localFilesFolder}/${encodeURIComponent(filename)}#sha256=${sha256}${folder}`;
      }
      const isDirect = version === "" || folder !== "" || named.has(withoutFragment(url)) || direct.has(name);
      if (isDirect) return `${name} @ ${withoutFragment(url)}#sha256=${sha256}${folder}`;
      return `${name}==${version} --hash=sha256:${sha256}`;
    },
  };
}

function urlOf(line: string): string | undefined {
  const url = /^[A-Za-z0-9._-]+\s*(?:\[[^\]]*\]\s*)?@\s*(\S+)/.exec(line)?.[1];
  return url === undefined ? undefined : withoutFragment(url);
}

function withoutFragment(url: string): string {
  return url.replace(/#.*$/, "");
}

/** Distributions of a lock file that stands on an index of its own, or names their URL. A lock of ours says nothing of indexes that counts. */
function directNames(spec: Source, pylock: string): ReadonlySet<string> {
  if (spec.lock === undefined || spec.lock.own !== undefined) return new Set();
  const plain = (url: string): string => url.replace(/\/+$/, "");
  const known = new Set(["https://pypi.org/simple", spec.pipIndex ?? "", ...spec.pipExtraIndexUrl].map(plain));
  const names = new Set(spec.lock.distributions.filter(({ source }) => source !== undefined).map(({ name }) => name));
  for (const block of pylock.split(/^\[\[packages\]\]$/m).slice(1)) {
    const name = /^name = "([^"]+)"/m.exec(block)?.[1];
    const index = /^index = "([^"]+)"/m.exec(block)?.[1];
    if (name !== undefined && index !== undefined && !known.has(plain(index))) names.add(name);
  }
  return names;
}
