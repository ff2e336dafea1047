import { normalizePackageName } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { BaseFacts } from "./base-facts.ts";

/**
 * The facts in the log of a probe's step.
 *
 * @throws BASE_UNSUPPORTED when the base could not run it: it has no shell
 */
export function parseProbe(output: string): BaseFacts {
  // Some daemons put a number or a time before each line.
  const facts = [...output.matchAll(/imagespec-(\w[\w-]*)(?: ([^\r\n]*))?/g)].map(([, kind = "", value = ""]) => ({
    kind,
    words: value.trim().split(" "),
  }));
  if (!facts.some(({ kind }) => kind === "end")) {
    throw new ImageSpecError("BASE_UNSUPPORTED", "the base image has no shell to run steps with", {
      hint: "choose a base with /bin/sh, or leave out what has to be run: apt and conda packages, commands, packages to compile",
      logTail: output.split("\n").slice(-20),
    });
  }
  const of = (wanted: string) => facts.filter(({ kind }) => kind === wanted).map(({ words }) => words);
  const [pythonPath, pythonVersion] = of("python")[0] ?? [];
  const [libcKind, libcVersion] = of("libc")[0] ?? [];
  return {
    python:
      pythonPath === undefined || pythonVersion === undefined
        ? undefined
        : { path: pythonPath, version: pythonVersion },
    libc:
      (libcKind === "glibc" || libcKind === "musl") && libcVersion !== undefined && libcVersion !== ""
        ? { kind: libcKind, version: libcVersion }
        : undefined,
    distributions: record(of("installed").map(([folder = ""]) => folder.split("-"))),
    pythonDistributions: record(of("seen")),
  };
}

function record(pairs: readonly (readonly string[])[]): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const [name = "", version] of pairs) {
    const normalized = normalizePackageName(name);
    // The first one on the path is the one that is imported.
    if (version !== undefined && version !== "" && !found.has(normalized)) found.set(normalized, version);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
