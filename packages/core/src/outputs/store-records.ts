import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { type LocalImageStore, onDisk } from "@imagespec/image-store";
import { type Digest, digestHex } from "@imagespec/oci";
import type { ImageRecords } from "./image-records.ts";

/** The records of the local image store: a file for each manifest. */
export function storeRecords(store: LocalImageStore): ImageRecords {
  const fileOf = (subject: Digest): string => join(store.root, "records", `${digestHex(subject)}.json`);
  return {
    async read(subject) {
      try {
        return await readFile(fileOf(subject));
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    async write({ digest }, record) {
      const file = fileOf(digest);
      await using partial = await store.content.temporaryFile(".json");
      await onDisk(file, async () => {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(partial.path, record);
        await rename(partial.path, file);
      });
    },
  };
}
