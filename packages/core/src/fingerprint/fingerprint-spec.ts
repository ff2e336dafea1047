import { deepFreeze } from "../spec/deep-freeze.ts";
import type { Json } from "../spec/json.ts";
import { canonicalPlatform, fillTagFormat } from "../spec/reference-checks.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { base32 } from "./base32.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type ContentInput, fingerprintContent, fingerprintVersion } from "./fingerprint-content.ts";
import { floatingFields } from "./floating.ts";
import { imageId } from "./image-id.ts";
import { sha256Hex } from "./sha256-hex.ts";

/** Adds fingerprints and tag to what was resolved. */
export function fingerprintSpec(spec: ContentInput): ResolvedImageSpec {
  const contents = spec.platforms.map((platform) => [platform, fingerprintContent(spec, platform)] as const);
  const platformFingerprints = Object.fromEntries(
    contents.map(([platform, content]) => [platform, sha256Hex(canonicalJson(content))]),
  );
  const fingerprint = setFingerprint(platformFingerprints);
  const floating = floatingFields(spec);
  const defaultTag = formatTag(fingerprint, floating.length > 0);
  return deepFreeze<ResolvedImageSpec>({
    ...spec,
    fingerprint,
    platformFingerprints,
    fieldFingerprints: fieldFingerprints(contents.map(([, content]) => content)),
    floating,
    tag: spec.tagFormat === undefined ? defaultTag : fillTagFormat(spec.tagFormat, defaultTag),
    id: imageId(spec),
  });
}

/** The fingerprint of several platforms: over sorted `platform=fingerprint` lines. One platform keeps its own. */
function setFingerprint(fingerprints: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fingerprints).map(([platform, value]) => `${platform}=${value}\n`);
  const [only] = Object.values(fingerprints);
  return lines.length === 1 && only !== undefined ? only : sha256Hex(lines.sort().join(""));
}

/** `v1-` where nothing floats, else `u1-`, and 80 bits in base32. */
function formatTag(fingerprint: string, floats: boolean): string {
  return `${floats ? "u" : "v"}${fingerprintVersion}-${base32(Buffer.from(fingerprint.slice(0, 20), "hex"))}`;
}

/** The hash of each field by itself; with several platforms, over the values for all of them. */
function fieldFingerprints(contents: readonly Json[]): Readonly<Record<string, string>> {
  const names = new Set(contents.flatMap((content) => Object.keys(content ?? {})));
  const value = (content: Json, name: string): Json =>
    typeof content === "object" && content !== null && !Array.isArray(content) && Object.hasOwn(content, name)
      ? // An object that is not a list has string keys; `hasOwn` makes the value one of its members.
        ((content as Readonly<Record<string, Json>>)[name] ?? null)
      : null;
  return Object.fromEntries(
    [...names].sort().map((name) => {
      const values = [...new Set(contents.map((content) => canonicalJson(value(content, name))))];
      return [name, sha256Hex(values.join("\n"))];
    }),
  );
}

/**
 * The image for one of the platforms: an image of its own, with its own fingerprint and its default tag. That is where
 * builds with other sets of platforms find it.
 */
export function platformSpec(spec: ResolvedImageSpec, platform: string): ResolvedImageSpec {
  const wanted = canonicalPlatform(platform);
  if (spec.platforms.length === 1 && spec.platforms[0] === wanted) {
    return spec.tagFormat === undefined ? spec : fingerprintSpec({ ...spec, tagFormat: undefined });
  }
  const base = spec.resolvedBase;
  return fingerprintSpec({
    ...spec,
    platforms: [wanted],
    tagFormat: undefined,
    resolvedBase: base.kind === "image" ? { kind: "image", image: platformSpec(base.image, wanted) } : base,
  });
}
