import { normalizePackageName, type ResolvedImageSpec } from "@imagespec/core";
import { type ErrorCode, ImageSpecError, type SpecProblem, suggest } from "@imagespec/errors";
import { popularNames } from "./popular-names.ts";

/**
 * Turns what uv printed into an error about the spec: the field it comes from, uv's own words shortened, and the way out.
 *
 * @param stderr without colours
 */
export function explainFailure(
  stderr: string,
  spec: Pick<ResolvedImageSpec, "packages" | "requirements" | "requirementLines">,
  target: string,
): ImageSpecError {
  const text = stderr.replace(/\s+/g, " ").trim();
  if (/No space left on device|\(os error 28\)/.test(text)) {
    return new ImageSpecError("DISK_FULL", "no space is left where uv resolves the packages", {
      hint: "free space on the disks of the cache folder and of uv's own cache, which UV_CACHE_DIR moves",
      logTail: tail(stderr),
    });
  }
  const fetch = /Failed to fetch: `?(\S+?)`?(?: |$)/.exec(text);
  if (fetch !== null) return fetchFailure(fetch[1] ?? "", text, stderr);
  // uv takes a refusal for an absent package and tells of it in a hint alone.
  const refused = /index URL \((\S+?)\) (?:could not be queried|returned)[^(]*\((40[13])/.exec(text);
  if (refused !== null) return refusedBy(refused[1] ?? "", refused[2] ?? "", stderr);
  const parse = /Couldn't parse requirement.*?cause: (.*?)(?:\s{2}|$)/.exec(text);
  if (parse !== null) {
    return new ImageSpecError("SPEC_REQUIREMENT", `a requirement cannot be parsed: ${parse[1] ?? ""}`, {
      hint: "write it like name>=1.0",
      logTail: tail(stderr),
    });
  }

  const problems: SpecProblem[] = [];
  const add = (code: ErrorCode, requirement: string, message: string, hint?: string) => {
    const path = fieldOf(requirement, spec);
    if (!problems.some((problem) => problem.path === path && problem.code === code)) {
      problems.push({ code, path, message, ...(hint === undefined ? {} : { hint }) });
    }
  };
  for (const [, name = ""] of text.matchAll(/(\S+) was not found in the package registry/g)) {
    const near = suggest(name, popularNames);
    add(
      "SPEC_PACKAGE_NOT_FOUND",
      name,
      `no package "${name}" exists in the package index`,
      near === undefined ? "check the name, or set pipIndex to the index that has it" : `did you mean "${near}"?`,
    );
  }
  for (const [, requirement = ""] of text.matchAll(/there (?:is|are) no versions? of (\S+?),? and/g)) {
    add(
      "SPEC_VERSION_NOT_FOUND",
      requirement,
      `no version of "${nameOf(requirement)}" fits "${requirement}"`,
      "choose a version that exists",
    );
  }
  for (const [, available = "", requirement = ""] of text.matchAll(
    /only (\S+) is available and (?:\S+ depends on|you require) (\S+?),/g,
  )) {
    if (nameOf(available) !== nameOf(requirement)) continue;
    add(
      "SPEC_VERSION_NOT_FOUND",
      requirement,
      `no version of "${nameOf(requirement)}" fits "${requirement}"; there is only "${available}"`,
      "choose a version that exists",
    );
  }
  const wheels =
    /(?:all versions of )?([A-Za-z0-9][\w.-]*)([=<>!~]=?[\w.]+)?,? (?:has|have) no (?:usable wheels|wheels with a matching ([\w ]+?) tag)/g;
  for (const [, name = "", version = ""] of text.matchAll(wheels)) {
    const found = /we only found wheels for `[^`]+` \(v[^)]*\) with the following [\w ]+ tags?: (.*?)(?: hint:|$)/.exec(
      text,
    )?.[1];
    add(
      "SPEC_NO_WHEEL",
      name,
      `"${name}${version}" has no wheel for ${target}${found === undefined ? "" : `; there are wheels for ${found.trim()}`}`,
      "choose another version or Python, or let a builder that can compile build it",
    );
  }
  if (
    problems.length === 0 &&
    /conclude that your requirements are unsatisfiable|requirements are unsatisfiable/.test(text)
  ) {
    const cause = /(Because .*?)(?: hint:|$)/.exec(text)?.[1] ?? text;
    problems.push({
      code: "SPEC_UNSOLVABLE",
      path: spec.packages.length > 0 ? "packages" : "requirements",
      message: `the requirements contradict each other: ${shorten(cause)}`,
      hint: "loosen one of the versions",
    });
  }
  const [first] = problems;
  if (first !== undefined) {
    return new ImageSpecError(first.code, `${first.path}: ${first.message}`, {
      ...(first.hint === undefined ? {} : { hint: first.hint }),
      problems,
      logTail: tail(stderr),
    });
  }
  return new ImageSpecError(
    "RESOLVER_FAILED",
    `uv could not resolve the packages: ${shorten(text.replace(/^error: /, ""))}`,
    {
      hint: "read the lines of uv below",
      logTail: tail(stderr),
    },
  );
}

function fetchFailure(url: string, text: string, stderr: string): ImageSpecError {
  const status = /status[^0-9]*(40[13])|\b(401|403)\b/.exec(text);
  if (status !== null) return refusedBy(url, status[1] ?? status[2] ?? "", stderr);
  const causes = [...text.matchAll(/cause: (.*?)(?= cause: | hint: |$)/g)].map((match) => match[1] ?? "");
  const last = causes.at(-1) ?? text;
  return new ImageSpecError("INDEX_DOWN", `the package index cannot be reached for "${url}": ${last}`, {
    hint: /certificate|UnknownIssuer/i.test(text)
      ? "set SSL_CERT_FILE to your certificate authority's PEM file"
      : "check the network connection, the proxy settings and the index URL",
    logTail: tail(stderr),
  });
}

function refusedBy(url: string, status: string, stderr: string): ImageSpecError {
  return new ImageSpecError("INDEX_AUTH", `the package index refused "${url}" (${status})`, {
    hint: "put a login for the host into ~/.netrc, or into the URL of pipIndex",
    logTail: tail(stderr),
  });
}

/** `packages[3]` for a requirement of the list, the file for others; a dependency of a dependency is the whole list's matter. */
function fieldOf(
  requirement: string,
  spec: Pick<ResolvedImageSpec, "packages" | "requirements" | "requirementLines">,
): string {
  const name = nameOf(requirement);
  const position = spec.packages.findIndex((line) => nameOf(line) === name);
  if (position >= 0) return `packages[${position}]`;
  if (spec.requirementLines.some((line) => nameOf(line) === name)) return "requirements";
  return spec.packages.length > 0 ? "packages" : "requirements";
}

function nameOf(requirement: string): string {
  return normalizePackageName(/^[A-Za-z0-9][\w.-]*/.exec(requirement)?.[0] ?? requirement);
}

function shorten(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

function tail(stderr: string): readonly string[] {
  return stderr
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-30);
}
