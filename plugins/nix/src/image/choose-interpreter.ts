import { type BaseFacts, choosePython, type VenvPython } from "@imagespec/assembler/parts";
import { defaultPythonVersion, type ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { NixImageOptions } from "../options/nix-builder-options.ts";
import { minorOf, packageSource, wantsPython } from "./plan.ts";

/** Whose interpreter an image runs on. */
export type Interpreter =
  | { readonly from: "base"; readonly python: VenvPython }
  | { readonly from: "nix" /** `3.12` */; readonly minor: string };

/**
 * Decides whose interpreter an image runs on: packages of nixpkgs run on that of nixpkgs alone; wheels on the base's where it
 * has one that fits, since they were made for such a system, else on that of nixpkgs.
 *
 * @throws BASE_UNSUPPORTED
 */
export function chooseInterpreter(
  spec: ResolvedImageSpec,
  options: NixImageOptions,
  base: { readonly facts: BaseFacts; readonly reference: string },
): Interpreter | undefined {
  const { facts, reference } = base;
  const own = facts.python;
  const minor = minorOf(spec.pythonVersion ?? own?.minor ?? defaultPythonVersion);
  const isNixBase = own?.path.startsWith("/nix/store/") === true;
  if (options.python === "base") return ofBase(choosePython(spec, facts, reference));
  if (options.python === "nix" || isNixBase || packageSource(spec, options) === "nixpkgs") {
    assertNoOtherPackages(facts, isNixBase, reference);
    return { from: "nix", minor };
  }
  if (own !== undefined && own.minor === minor && facts.libc !== undefined)
    return ofBase(choosePython(spec, facts, reference));
  if (!wantsPython(spec, options)) return undefined;
  assertNoOtherPackages(facts, isNixBase, reference);
  return { from: "nix", minor };
}

function ofBase(python: VenvPython | undefined): Interpreter | undefined {
  return python === undefined ? undefined : { from: "base", python };
}

/** What is installed for another interpreter would be seen by this one, and break it. */
function assertNoOtherPackages({ distributions }: BaseFacts, isNixBase: boolean, reference: string): void {
  const [name] = Object.keys(distributions);
  if (name === undefined || isNixBase) return;
  throw new ImageSpecError(
    "BASE_UNSUPPORTED",
    `the base image "${reference}" has packages in /opt/venv, such as "${name}", for an interpreter that is not Nix's`,
    { hint: "choose a base without them, or take wheels on its own Python: builderOptions.python: base" },
  );
}
