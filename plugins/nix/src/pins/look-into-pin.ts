import { evaluate } from "../evaluation/evaluate.ts";
import { packageSetInput } from "../evaluation/evaluation-input.ts";
import type { NixPin } from "../options/nix-builder-options.ts";
import type { NixProcess } from "../process/nix-process.ts";
import { pinName } from "./choose-pin.ts";

/** What a package set says of itself. */
export interface PinFacts {
  /** Of its default Python. */
  readonly python: string | undefined;
  /** Of nixpkgs: `25.11`. */
  readonly version: string | undefined;
}

/** Evaluates a package set for its default Python; its hash is checked on the way. @throws NIX_PIN_MISMATCH, NIX_EVAL_FAILED */
export async function lookIntoPin(nix: NixProcess, pin: NixPin, minor: string, signal: AbortSignal): Promise<PinFacts> {
  const { system } = nix.machine;
  const { python, set } = await evaluate(
    nix,
    {
      ...packageSetInput(pin, {}),
      system,
      buildSystem: system,
      python: minor,
      packages: [],
      systemPackages: [],
      wheels: [],
      wheelLibraries: [],
    },
    { pin: pinName(pin), signal },
  );
  return { python: python?.default, version: set.version };
}
