/** What Nix knows of a store path. */
export interface StorePath {
  /** `/nix/store/<hash>-zlib-1.3` */
  readonly path: string;
  /** sha256 of its archive, hex. */
  readonly narHash: string;
  /** Bytes of its archive. */
  readonly narSize: number;
  /** Paths that it names, itself left out. */
  readonly references: readonly string[];
}

/**
 * Reads what `nix-store --dump-db` prints: for each path its name, hash, size, deriver, and the number of references with
 * their names, a line each.
 */
export function parseStorePaths(text: string): readonly StorePath[] {
  const lines = text.split("\n");
  const found: StorePath[] = [];
  for (let at = 0; at < lines.length && lines[at] !== ""; ) {
    const [path = "", hash = "", size = "", , count = "0"] = lines.slice(at, at + 5);
    const references = lines.slice(at + 5, at + 5 + Number(count));
    found.push({
      path,
      narHash: hash.replace(/^sha256:/, ""),
      narSize: Number(size),
      references: references.filter((reference) => reference !== path).sort(),
    });
    at += 5 + Number(count);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads what was kept of an earlier time; nothing when it has another form. */
export function readStorePaths(value: unknown): readonly StorePath[] | undefined {
  if (!Array.isArray(value) || !value.every(isStorePath)) return undefined;
  return value;
}

function isStorePath(value: unknown): value is StorePath {
  if (typeof value !== "object" || value === null) return false;
  const { path, narHash, narSize, references } = value as Partial<Record<keyof StorePath, unknown>>;
  return (
    typeof path === "string" && typeof narHash === "string" && typeof narSize === "number" && Array.isArray(references)
  );
}
