import { fileURLToPath } from "node:url";
import { ImageSpecError } from "@imagespec/errors";
import { run } from "../process/run.ts";
import type { SkippableTest } from "../stack/require-stack.ts";
import { stackOrSkip } from "../stack/require-stack.ts";

/** Nix as the tests have it. */
export interface NixTools {
  /** Folder of the programs of Debian's Nix. */
  readonly bin: string;
  /** Folder of those of the newest Debian suite; only when it was asked for. */
  readonly newest?: string;
  /** Folder of the package set: a `default.nix`, and files of Debian. Nobody writes into it. */
  readonly set: string;
  /** NAR hash of the set: `sha256-…=`. */
  readonly sha256: string;
}

const script = fileURLToPath(new URL("../../../../scripts/stack/nix.mjs", import.meta.url));
const found = new Map<boolean, Promise<NixTools>>();

/**
 * Debian's Nix and a package set of Debian's files, for one test or for the tests of a file. Where the machine cannot have it,
 * the test is skipped with the name of what is missing; in CI it fails.
 *
 * @param options `newest`: also the Nix of the newest Debian suite, unpacked
 */
export function requireNix(context: SkippableTest, options: { readonly newest?: boolean } = {}): Promise<NixTools> {
  return stackOrSkip(() => nixTools(options), context, process.env);
}

/** As {@link requireNix}, for files that lay out their tests by it. @throws ENGINE_DOWN when this machine cannot have it */
export function nixTools({ newest = false }: { readonly newest?: boolean } = {}): Promise<NixTools> {
  let tools = found.get(newest);
  if (tools === undefined) {
    tools = setUp(newest);
    found.set(newest, tools);
  }
  return tools;
}

async function setUp(newest: boolean): Promise<NixTools> {
  const argv = [process.execPath, script, ...(newest ? ["--newest"] : [])];
  const result = await run(argv, { allowFailure: true, timeoutMs: 600_000 });
  if (result.exitCode !== 0) {
    const logTail = result.stderr.trimEnd().split("\n").slice(-20);
    const missing = result.exitCode === 3 ? { details: { missing: logTail.at(-1) } } : {};
    throw new ImageSpecError("ENGINE_DOWN", logTail.join("\n"), { ...missing, logTail });
  }
  // nix.mjs of the same repository writes it.
  const facts = JSON.parse(result.stdout) as Omit<NixTools, "sha256">;
  const hash = await run([`${facts.bin}/nix-hash`, "--type", "sha256", facts.set]);
  return { ...facts, sha256: `sha256-${Buffer.from(hash.stdout.trim(), "hex").toString("base64")}` };
}
