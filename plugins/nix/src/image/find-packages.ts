import type { BuildContext } from "@imagespec/assembler/parts";
import { defaultPythonVersion } from "@imagespec/core";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import type { MappedPackage } from "../apt/map-apt-packages.ts";
import { askedPackages } from "../evaluation/asked-packages.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import {
  type AskedSystemPackage,
  type AskedWheel,
  nixSystem,
  packageSetInput,
  wheelLibraries,
} from "../evaluation/evaluation-input.ts";
import { probeProblems } from "../evaluation/probe-problems.ts";
import type { NixBuilderOptions, NixImageOptions, NixPin } from "../options/nix-builder-options.ts";
import { choosePin, noPin, pinName } from "../pins/choose-pin.ts";
import type { NixProcess } from "../process/nix-process.ts";
import { isAtLeast } from "../process/nix-version.ts";
import { packageSource } from "./plan.ts";

/** What an image needs, found in its package set. */
export interface FoundPackages {
  readonly evaluation: Evaluation;
  readonly pin: NixPin;
  readonly pinName: string;
}

export interface FindOptions {
  readonly options: NixBuilderOptions;
  readonly image: NixImageOptions;
  /** Of Nix's Python; nothing where the image has another one, or none. */
  readonly minor: string | undefined;
  readonly system: readonly MappedPackage[];
  readonly wheels: readonly AskedWheel[];
}

/** What an image without a base gets beside what was asked for: the first that a set has. */
const amenities: readonly AskedSystemPackage[] = [
  { name: "sh", role: "shell", candidates: [["bash"], ["busybox"]] },
  { name: "env", role: "env", candidates: [["coreutils"], ["busybox"]] },
  { name: "certificates", role: "certificates", candidates: [["cacert"]] },
];

/**
 * Looks everything up that an image needs, and checks it.
 *
 * @throws BUILDER_DECLINED or the code of the one problem, with all problems; NIX_UNAVAILABLE, and what {@link evaluate} throws
 */
export async function findPackages(nix: NixProcess, context: BuildContext, find: FindOptions): Promise<FoundPackages> {
  const { spec, scope, steps, request } = context;
  const { image, minor, system, wheels } = find;
  const pythonVersion = minor ?? defaultPythonVersion;
  const pin = choosePin(image, pythonVersion);
  if (pin === undefined) throw refused([noPin("pythonVersion", pythonVersion)]);
  const platform = spec.platforms[0] ?? "";
  const fromSet = minor !== undefined && packageSource(spec, image) === "nixpkgs";
  const asked = fromSet
    ? askedPackages(spec, { platform, pythonVersion: spec.pythonVersion ?? pythonVersion })
    : { asked: [], problems: [] };
  const needsAmenities = spec.resolvedBase.kind === "scratch";
  const name = pinName(pin);
  const evaluation = await evaluate(
    nix,
    {
      ...packageSetInput(pin, image),
      system: nixSystem(platform) ?? nix.machine.system,
      buildSystem: nix.machine.system,
      python: minor ?? null,
      packages: asked.asked.map(({ candidates, extras }) => ({ candidates, extras })),
      systemPackages: [
        ...system.map(({ name: debian, kind, attribute }) => ({ name: debian, role: kind, candidates: [attribute] })),
        ...(needsAmenities ? amenities : []),
      ],
      wheels,
      wheelLibraries: wheels.length === 0 ? [] : wheelLibraries,
    },
    { pin: name, signal: scope.signal, onLog: (text) => steps.log("evaluate", text) },
  );
  if (pin.minNix !== undefined && !isAtLeast(evaluation.nix, pin.minNix)) {
    throw new ImageSpecError(
      "NIX_UNAVAILABLE",
      `the package set "${name}" needs Nix ${pin.minNix}, this is ${evaluation.nix}`,
      {
        hint: "install a newer Nix, or pin an older package set",
        details: { provider: "nix" },
      },
    );
  }
  const problems = [
    ...asked.problems,
    ...probeProblems(evaluation, {
      pin: name,
      pythonVersion: spec.pythonVersion ?? minor,
      packages: asked.asked,
      system,
    }),
  ];
  if (problems.length > 0) throw refused(problems);
  const standard = evaluation.python?.default;
  if (fromSet && standard !== undefined && !standard.startsWith(`${pythonVersion}.`)) {
    const message = `Python ${pythonVersion} is not the default of the package set "${name}", which is ${standard}: binary caches have few of its packages`;
    request.emit({ type: "warning", message });
  }
  if ("isOld" in pin && pin.isOld === true) {
    request.emit({
      type: "warning",
      message: `"${name}" gets no security fixes any more: pin a newer package set, or use a newer Python`,
    });
  }
  return { evaluation, pin, pinName: name };
}

/** One error with everything that is wrong. */
function refused(problems: readonly SpecProblem[]): ImageSpecError {
  const [first] = problems;
  const codes = new Set(problems.map(({ code }) => code));
  const code = codes.size === 1 && first !== undefined ? first.code : "BUILDER_DECLINED";
  const message = problems.map(({ path, message: text }) => (path === "" ? text : `${path}: ${text}`)).join("; ");
  return new ImageSpecError(code, message, {
    hint: first?.hint ?? "change the spec, or let another builder build it",
    problems,
    details: { provider: "nix" },
  });
}
