import { createHash } from "node:crypto";
import type { SourceFile } from "../source/source-tree.ts";

/**
 * SHA-256 over the records of files, sorted by destination. Each part carries its length, so that no two lists of files
 * give the same bytes.
 */
export function sourceFingerprint(files: readonly SourceFile[]): string {
  const hash = createHash("sha256");
  const parts: string[] = [];
  for (const file of files) {
    for (const part of [file.destination, file.kind, file.executable ? "x" : "-", file.digest ?? ""]) {
      parts.push(`${Buffer.byteLength(part)}:${part}`);
    }
  }
  return hash.update(parts.join("")).digest("hex");
}
