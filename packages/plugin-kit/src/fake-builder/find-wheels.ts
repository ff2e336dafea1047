import { type BuildRequest, normalizePackageName, parseRequirement, type ResolvedImageSpec } from "@imagespec/core";
import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import { readZip, type ZipFile } from "./read-zip.ts";
import { type ListedWheel, openSimpleIndex } from "./simple-index.ts";

/** A wheel to install. */
export interface FoundWheel {
  /** Normalised. */
  readonly name: string;
  readonly version: string;
  readonly files: readonly ZipFile[];
}

interface Wanted {
  readonly name: string;
  readonly specifiers: readonly string[];
  /** Line of `packages` that it comes from. */
  readonly line: number;
}

/**
 * Finds wheels for the packages of a spec and for what they need: the newest version that `==` and `>=` allow. Enough for made
 * packages; other clauses are refused.
 *
 * @param installed what the base already has: name to version
 * @throws SPEC_PACKAGE_NOT_FOUND, SPEC_VERSION_NOT_FOUND, SPEC_NO_WHEEL, SPEC_UNSOLVABLE, INDEX_AUTH, WHEEL_HASH_MISMATCH
 */
export async function findWheels(
  spec: ResolvedImageSpec,
  request: Pick<BuildRequest, "secret" | "signal">,
  installed: ReadonlyMap<string, string>,
): Promise<readonly FoundWheel[]> {
  if (spec.requirementLines.length === 0) return [];
  const index = await openSimpleIndex(spec, request);
  const wanted: Wanted[] = spec.requirementLines.map((text, line) => wantedOf(text, line));
  const chosen = new Map<string, FoundWheel>();
  for (let position = 0; position < wanted.length; position++) {
    const { name, line } = wanted[position] ?? { name: "", line: 0 };
    const specifiers = wanted.filter((other) => other.name === name).flatMap((other) => other.specifiers);
    const before = chosen.get(name);
    const present = before?.version ?? installed.get(name);
    if (present !== undefined && specifiers.every((specifier) => allows(specifier, present))) continue;
    const listed = await index.list(name);
    if (listed === undefined) {
      throw refused("SPEC_PACKAGE_NOT_FOUND", line, `the package index has no package "${name}"`, "correct the name");
    }
    const wheel = newest(listed, specifiers, { name, line, isBound: before !== undefined });
    const files = readZip(await index.download(wheel));
    chosen.set(name, { name, version: wheel.version, files });
    wanted.push(...needsOf(files).map((text) => wantedOf(text, line)));
  }
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function newest(
  listed: readonly ListedWheel[],
  specifiers: readonly string[],
  { name, line, isBound }: { readonly name: string; readonly line: number; readonly isBound: boolean },
): ListedWheel {
  const versions = listed.filter(({ version }) => specifiers.every((specifier) => allows(specifier, version)));
  if (versions.length === 0) {
    const isAlone = specifiers.some((one) => !listed.some(({ version }) => allows(one, version)));
    const asked = `"${name}${specifiers.join(",")}"`;
    if (isAlone) {
      const hint = `choose one of ${listed.map(({ version }) => version).join(", ")}`;
      throw refused("SPEC_VERSION_NOT_FOUND", line, `the package index has no version for ${asked}`, hint);
    }
    throw refused("SPEC_UNSOLVABLE", line, `no version fits ${asked}`, "loosen one of the requirements");
  }
  const fitting = versions.filter(({ filename }) => filename.endsWith("-none-any.whl"));
  const [best] = fitting.sort((a, b) => compareVersions(b.version, a.version));
  // A version that was chosen already and does not fit any more is exchanged for one that does.
  if (best !== undefined) return best;
  const hint = isBound ? "loosen one of the requirements" : "choose a version that has one";
  throw refused("SPEC_NO_WHEEL", line, `"${name}" has no wheel for the image`, hint);
}

function needsOf(files: readonly ZipFile[]): readonly string[] {
  const metadata = files.find(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  const lines = Buffer.from(metadata?.content ?? [])
    .toString()
    .split("\n");
  return lines.flatMap((line) => /^Requires-Dist: (.+)$/.exec(line)?.[1] ?? []);
}

function wantedOf(text: string, line: number): Wanted {
  const requirement = parseRequirement(text);
  const other = "specifiers" in requirement && requirement.specifiers.find((each) => !/^[=>]=/.test(each));
  if (!("specifiers" in requirement) || requirement.url !== undefined || other) {
    throw refused("SPEC_REQUIREMENT", line, `"${text}" is more than the fake builder reads`, "use == or >=");
  }
  return { name: normalizePackageName(requirement.name), specifiers: requirement.specifiers, line };
}

function allows(specifier: string, version: string): boolean {
  const order = compareVersions(version, specifier.slice(2));
  return specifier.startsWith("==") ? order === 0 : order >= 0;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function refused(code: ErrorCode, line: number, message: string, hint: string): ImageSpecError {
  return new ImageSpecError(code, message, {
    hint,
    problems: [{ code, path: `packages[${line}]`, message, hint }],
  });
}
