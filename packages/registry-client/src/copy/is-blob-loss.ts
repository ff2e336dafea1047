import { isImageSpecError } from "@imagespec/errors";

const codes: ReadonlySet<unknown> = new Set(["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"]);

/** Whether a registry refused a manifest for want of blobs that were there before: garbage collection, or a mount that was none. */
export function isBlobLoss(error: unknown): boolean {
  if (!isImageSpecError(error)) return false;
  const { codes: told } = error.details;
  return Array.isArray(told) && told.some((code) => codes.has(code));
}
