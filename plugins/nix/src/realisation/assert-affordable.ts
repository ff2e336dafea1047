import { ImageSpecError } from "@imagespec/errors";
import "../errors/nix-errors.ts";
import { nameOfPath } from "../process/log-line.ts";
import type { DryRun } from "./dry-run.ts";

/** Names of what is made for this image alone, and costs next to nothing. */
const own = /^imagespec-/;

/**
 * Refuses to compile a tool-chain: what a public cache lacks is built from source, with everything that this needs.
 *
 * @throws NIX_WOULD_BUILD, NIX_NO_BUILDER
 */
export function assertAffordable(
  { builds }: DryRun,
  options: { readonly maxBuilds: number; readonly pin: string; readonly foreignSystem: string | undefined },
): void {
  const counted = builds.map(nameOfPath).filter((name) => !own.test(name));
  if (counted.length > 0 && options.foreignSystem !== undefined) {
    throw new ImageSpecError(
      "NIX_NO_BUILDER",
      `${counted.length} packages have to be built on "${options.foreignSystem}", such as "${counted[0]}", and no machine is named that does`,
      {
        hint: "name one by the option builders, or a binary cache that has them",
        details: { provider: "nix", builds: counted.slice(0, 100) },
      },
    );
  }
  if (counted.length <= options.maxBuilds) return;
  const shown = counted.slice(-5).join(", ");
  throw new ImageSpecError(
    "NIX_WOULD_BUILD",
    `${counted.length} packages would be built from source, such as ${shown}: no binary cache has them for the package set "${options.pin}"`,
    {
      hint: "check that the caches answer, use the pin's own Python, or raise the option maxBuilds",
      details: { provider: "nix", builds: counted.slice(0, 100), maxBuilds: options.maxBuilds },
    },
  );
}
