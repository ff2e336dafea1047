import { realiseError } from "../errors/explain-failure.ts";
import { plainText } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";

/** What a realisation would do. */
export interface DryRun {
  /** Derivations that would be built. */
  readonly builds: readonly string[];
  /** Store paths that a binary cache has. */
  readonly fetches: readonly string[];
}

/** Asks Nix what it would do: it looks into the store, and into binary caches. @throws ABORTED, NIX_UNAVAILABLE */
export async function dryRun(nix: NixProcess, derivations: readonly string[], signal: AbortSignal): Promise<DryRun> {
  const { lines, code } = await nix.run("nix-store", ["--realise", "--dry-run", ...derivations], { signal });
  const plain = lines.map(plainText);
  if (code !== 0) throw realiseError({ code, messages: plain, output: [] });
  return parseDryRun(plain);
}

/** Reads the two lists that Nix prints. */
export function parseDryRun(lines: readonly string[]): DryRun {
  const builds: string[] = [];
  const fetches: string[] = [];
  let list: string[] | undefined;
  for (const line of lines) {
    const path = /^\s+(\/\S+)$/.exec(line)?.[1];
    if (path !== undefined) list?.push(path);
    else if (/will be built/.test(line)) list = builds;
    else if (/will be fetched/.test(line)) list = fetches;
    else list = undefined;
  }
  return { builds, fetches };
}
