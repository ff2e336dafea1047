import { ImageSpecError } from "@imagespec/errors";
import { canonicalJson } from "../fingerprint/canonical-json.ts";
import { sha256Hex } from "../fingerprint/sha256-hex.ts";
import type { Json } from "../spec/json.ts";
import type { LockInputValue } from "./lock-inputs.ts";
import type { LockedDistribution, OwnLock } from "./lock-meaning.ts";
import { distributionsFor } from "./platform-marker.ts";
import { isTable, type Table, tableOf, textOf, textsOf } from "./toml-reader.ts";

/** Version of the `[tool.imagespec]` table. */
export const ownTableVersion = 1;

/**
 * Reads the `[tool.imagespec]` table of a pylock.toml; nothing when it has none.
 *
 * @throws LOCK_INVALID for a table of another version
 */
export function readOwnTable(
  document: Table,
  file: string,
  distributions: readonly LockedDistribution[],
): OwnLock | undefined {
  const own = tableOf(document["tool"])["imagespec"];
  if (!isTable(own)) return undefined;
  if (own["version"] !== ownTableVersion) {
    throw new ImageSpecError(
      "LOCK_INVALID",
      `"${file}" has the version "${String(own["version"])}" of the [tool.imagespec] table, not ${ownTableVersion}`,
      { hint: 'run "imagespec lock"', details: { file } },
    );
  }
  const platforms = [...textsOf(own["platforms"])].sort();
  const fingerprint = (platform: string): string =>
    sha256Hex(
      canonicalJson(
        distributionsFor(distributions, platform).map(({ name, version, hashes, marker, source }) => [
          name,
          version,
          hashes,
          marker ?? null,
          source ?? null,
        ]),
      ),
    );
  return {
    inputsHash: textOf(own["inputs-hash"]) ?? "",
    inputs: Object.fromEntries(Object.entries(tableOf(own["inputs"])).flatMap(inputOf)),
    platforms,
    baseDigest: textOf(own["base-digest"]),
    python: textOf(own["python"]),
    libc: textOf(own["libc"]),
    // TOML has no values that JSON lacks but dates, which this table does not hold; numbers stay numbers.
    baseLock: JSON.parse(JSON.stringify(tableOf(own["base-lock"]))) as Readonly<Record<string, Json>>,
    platformFingerprints: Object.fromEntries(platforms.map((platform) => [platform, fingerprint(platform)])),
  };
}

function inputOf([name, value]: [string, unknown]): [string, LockInputValue][] {
  if (typeof value === "string") return [[name, value]];
  return Array.isArray(value) ? [[name, textsOf(value)]] : [];
}
