import { ImageSpecError, suggest } from "@imagespec/errors";
import { imageOptionNames, imageOptionProblems } from "./image-options.ts";
import type { NixBuilderOptions } from "./nix-builder-options.ts";

const isOneLine = (value: unknown): value is string => typeof value === "string" && /^[^\n\r\0]+$/.test(value);
const absolute = (value: unknown): string | undefined =>
  isOneLine(value) && value.startsWith("/") ? undefined : "not an absolute path";
const line = (value: unknown): string | undefined => (isOneLine(value) ? undefined : "not a text of one line");
const words = (value: unknown): string | undefined =>
  Array.isArray(value) && value.every((word) => isOneLine(word) && !/\s/.test(word))
    ? undefined
    : "not a list of words without spaces";
const count = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : "not a whole number";
const flag = (value: unknown): string | undefined => (typeof value === "boolean" ? undefined : "not true or false");

const machineOptions: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  cacheFolder: absolute,
  nix: absolute,
  store: line,
  substituters: words,
  trustedPublicKeys: words,
  pushTo: line,
  builders: line,
  maxJobs: count,
  maxBuilds: count,
  timeoutSeconds: count,
  silenceSeconds: count,
  allowUnsandboxed: flag,
  userConfig: flag,
  index: line,
  uv: line,
  layersFrom: words,
};

/** Checks the options of the factory: some of them become lines of Nix's configuration. @throws CONFIG_INVALID */
export function assertOptions(options: NixBuilderOptions): void {
  const known = [...Object.keys(machineOptions), ...imageOptionNames];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!known.includes(name)) {
      const near = suggest(name, known);
      throw invalid(`the builder "nix" has no option "${name}"`, near === undefined ? "remove it" : `write "${near}"`);
    }
    const problem = machineOptions[name]?.(value);
    if (problem !== undefined)
      throw invalid(`option "${name}" of the builder "nix" is ${JSON.stringify(value)}, ${problem}`, "correct it");
  }
  const [first] = imageOptionProblems({ ...options });
  if (first !== undefined)
    throw invalid(`option "${first[0]}" of the builder "nix" ${first[1]}`, "correct it: docs/plugins/nix.md");
}

function invalid(message: string, hint: string): ImageSpecError {
  return new ImageSpecError("CONFIG_INVALID", message, { hint });
}
