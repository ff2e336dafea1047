import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { isImageSpecError } from "@imagespec/errors";
import { unpackTar, unpackZip } from "../../shared/unpack.ts";
import { GoogleError } from "../google-error.ts";
import type { Buckets } from "../storage/create-buckets.ts";
import type { Build } from "./build.ts";
import { BuildFailure } from "./build-failure.ts";

/** What the source is fetched with. */
export interface FetchSourceOptions {
  readonly build: Build;
  readonly buckets: Buckets;
  /** Refuses the reading. */
  readonly admit: (bucket: string, object: string) => void;
  readonly workspace: string;
  /** For the archive, until it is unpacked. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/**
 * Unpacks the source object, in the generation that is asked for, into the workspace.
 *
 * @throws BuildFailure FETCH_SOURCE_FAILED
 */
export async function fetchSource(options: FetchSourceOptions): Promise<void> {
  const { build, buckets, admit, workspace, say } = options;
  const source = build.source?.storageSource;
  if (source === undefined) return;
  const { bucket = "", object = "", generation } = source;
  const asked = generation === undefined || generation === "0" ? undefined : generation;
  say(`Fetching storage object: gs://${bucket}/${object}${asked === undefined ? "" : `#${asked}`}`);
  try {
    admit(bucket, object);
    const found = buckets.read(bucket, object, asked);
    build.sourceProvenance = { resolvedStorageSource: { bucket, object, generation: found.generation } };
    const archive = path.join(options.folder, path.basename(object));
    await mkdir(options.folder, { recursive: true });
    await writeFile(archive, found.bytes);
    await (object.endsWith(".zip") ? unpackZip(archive, workspace) : unpackTar(archive, workspace));
    say(`Copying gs://${bucket}/${object}#${found.generation}...`);
    say("Operation completed over 1 objects.");
  } catch (error) {
    if (error instanceof GoogleError) {
      throw new BuildFailure(
        "FETCH_SOURCE_FAILED",
        `failed to fetch source: error fetching storage object gs://${bucket}/${object}: googleapi: Error ${error.httpCode}: ${error.message}`,
      );
    }
    if (isImageSpecError(error, "BUILD_STEP_FAILED")) {
      throw new BuildFailure(
        "FETCH_SOURCE_FAILED",
        `failed to unpack source gs://${bucket}/${object}: ${error.message}`,
      );
    }
    throw error;
  }
}
