import { join } from "node:path";
import { isImageSpecError } from "@imagespec/errors";
import { type KeyIndex, openKeyIndex } from "@imagespec/image-store";
import type { Descriptor, Digest } from "@imagespec/oci";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import { appenderName } from "./appender-name.ts";

/** For how long a trunk whose packages or base may have changed meanwhile is taken for current, in milliseconds. */
const maxAgeMs = 24 * 60 * 60 * 1000;

/** What is known of when trunks were built: this machine's notes, then the records beside the images. */
export class TrunkAges {
  readonly #index: Promise<KeyIndex<number>>;

  /** `cacheFolder`: the engine's. */
  constructor(cacheFolder: string) {
    this.#index = openKeyIndex(join(cacheFolder, appenderName, "trunks"), { parse: parseTime });
  }

  /** Whether an image was built in the last 24 hours; nothing when nobody knows. */
  async isCurrent(
    output: Pick<OpenedOutput, "readRecord">,
    image: Descriptor,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    const index = await this.#index;
    const noted = await index.get(image.digest);
    if (noted !== undefined && isRecent(noted)) return true;
    // Somebody else may have built the same bytes again.
    const recorded = await recordedTime(output, image, signal);
    if (recorded === undefined) return noted === undefined ? undefined : false;
    await index.set(image.digest, recorded);
    return isRecent(recorded);
  }

  /** Notes that an image was built just now. */
  async note(digest: Digest): Promise<void> {
    await (await this.#index).set(digest, Date.now());
  }
}

/** Of another machine's clock, some seconds in the future are now. */
function isRecent(time: number): boolean {
  const age = Date.now() - time;
  return age < maxAgeMs && age > -maxAgeMs;
}

async function recordedTime(
  output: Pick<OpenedOutput, "readRecord">,
  image: Descriptor,
  signal: AbortSignal,
): Promise<number | undefined> {
  let record: Uint8Array | undefined;
  try {
    record = await output.readRecord(image, { signal });
  } catch (error) {
    // A registry that does not give records away is one that has none.
    if (!isImageSpecError(error) || error.origin !== "registry" || signal.aborted) throw error;
    return undefined;
  }
  return record === undefined ? undefined : createdOf(new TextDecoder().decode(record));
}

function createdOf(text: string): number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const created: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "created") : undefined;
  return typeof created === "string" ? parseTime(Date.parse(created)) : undefined;
}

function parseTime(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
