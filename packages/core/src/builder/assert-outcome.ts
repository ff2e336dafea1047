import { ImageSpecError } from "@imagespec/errors";
import { isDigest, isIndexMediaType, isManifestMediaType } from "@imagespec/oci";
import type { BuildOutcome } from "./builder.ts";

/**
 * Checks the shape of what a builder returned; whether it is true is asked of the output.
 *
 * @throws BUILDER_CONTRACT naming the builder and the first wrong field
 */
export function assertOutcome(
  builder: string,
  value: unknown,
  platforms: readonly string[],
): asserts value is BuildOutcome {
  const fail = (what: string) =>
    new ImageSpecError("BUILDER_CONTRACT", `builder "${builder}" returned ${what}`, {
      hint: `report this to the authors of "${builder}"`,
      details: { builder },
    });
  if (!isRecord(value)) throw fail(`"${String(value)}" instead of an outcome`);
  if (!isDigest(value["digest"])) throw fail(`an outcome whose digest is "${String(value["digest"])}"`);
  const mediaType = String(value["mediaType"]);
  if (!isManifestMediaType(mediaType) && !isIndexMediaType(mediaType)) {
    throw fail(`an outcome whose media type "${mediaType}" is neither a manifest's nor an index's`);
  }
  if (!isCount(value["size"]) || value["size"] === 0) throw fail(`an outcome whose size is "${String(value["size"])}"`);
  const made = value["platforms"];
  if (!Array.isArray(made) || !platforms.every((platform) => made.includes(platform))) {
    throw fail(`an outcome for ${JSON.stringify(made)} where ${JSON.stringify(platforms)} was asked for`);
  }
  if (!isRecord(value["timings"]) || !Object.values(value["timings"]).every(isCount)) {
    throw fail("an outcome whose timings are not milliseconds by step name");
  }
  assertCounts(value["bytes"], ["downloaded", "uploaded"], () => fail('an outcome without "bytes"'));
  if (value["layers"] !== undefined) {
    assertCounts(value["layers"], ["built", "reused"], () => fail('an outcome whose "layers" are not counts'));
  }
}

function assertCounts(value: unknown, names: readonly string[], error: () => ImageSpecError): void {
  if (!isRecord(value) || !names.every((name) => isCount(value[name]))) throw error();
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
