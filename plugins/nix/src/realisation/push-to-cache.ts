import { ImageSpecError } from "@imagespec/errors";
import { plainText } from "../process/log-line.ts";
import type { NixProcess } from "../process/nix-process.ts";

/** Copies store paths with all that they need to a binary cache. @throws BUILD_FAILED, ABORTED */
export async function pushToCache(
  nix: NixProcess,
  cache: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  // The one command that a newer Nix alone has without switching something on.
  const args = ["--extra-experimental-features", "nix-command", "copy", "--to", cache, ...paths];
  const { code, lines } = await nix.run("nix", args, { signal });
  if (code === 0) return;
  const plain = lines.map(plainText);
  const said = plain.filter((line) => line.trim() !== "").at(-1) ?? "";
  throw new ImageSpecError(
    "BUILD_FAILED",
    `the binary cache "${cache}" does not take what was built: ${said.replace(/^error: /, "")}`,
    {
      hint: "check the option pushTo, and the rights that this machine has there",
      logTail: plain.slice(-20),
      details: { provider: "nix" },
    },
  );
}
