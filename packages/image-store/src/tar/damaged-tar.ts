import { ImageSpecError } from "@imagespec/errors";

/** The error for an archive that is damaged, or uses something that images never need. */
export function damagedTar(offset: number, reason: string): ImageSpecError {
  return new ImageSpecError("STORE_CORRUPT", `the tar archive cannot be read at byte ${offset}: ${reason}`, {
    hint: "Get or make the archive anew",
    details: { offset },
  });
}
