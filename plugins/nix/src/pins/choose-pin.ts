import type { SpecProblem } from "@imagespec/errors";
import type { NixImageOptions, NixPin } from "../options/nix-builder-options.ts";
import { pinTable, type TablePin } from "./pin-table.ts";

/** The pin for a Python minor: the one that the options give, else that of the table; nothing when there is none. */
export function choosePin({ pin }: NixImageOptions, minor: string): NixPin | TablePin | undefined {
  return pin ?? (Object.hasOwn(pinTable, minor) ? pinTable[minor] : undefined);
}

/** What is said of a Python for which the table has no pin. */
export function noPin(path: string, minor: string): SpecProblem {
  const minors = Object.keys(pinTable).join(", ");
  return {
    code: "BUILDER_DECLINED",
    path,
    message: `there is no pin of nixpkgs for Python "${minor}"; there are some for ${minors}`,
    hint: "use one of these, or name a pin: builderOptions.pin, see imagespec nix pin",
  };
}

/** How a pin is called in messages. */
export function pinName(pin: NixPin | TablePin): string {
  if ("branch" in pin) return pin.branch;
  return "path" in pin ? pin.path : pin.url;
}
