import type { Capability } from "../builder/capabilities.ts";
import type { BuildOutput } from "../builder/output.ts";
import { debianPythonVersions } from "./defaults.ts";
import { isRequirement, parseRequirement } from "./requirement.ts";
import type { ResolvedImageSpec } from "./resolved-spec.ts";

export interface RequiredCapability {
  readonly capability: Capability;
  /** Field that needs it. */
  readonly path: string;
  /** For people: what of the field needs it. */
  readonly reason: string;
}

/** Everything that a builder must be able to do for a spec and an output: the one table from fields to capabilities. */
export function requiredCapabilities(spec: ResolvedImageSpec, output: BuildOutput): readonly RequiredCapability[] {
  const required: RequiredCapability[] = [];
  const need = (capability: Capability, path: string, reason: string, when = true) => {
    if (when) required.push({ capability, path, reason });
  };
  need("apt-packages", "aptPackages", "Debian packages are installed", spec.aptPackages.length > 0);
  need("conda-packages", "condaPackages", "conda packages are installed", spec.condaPackages.length > 0);
  need("commands", "commands", "commands run in the image", spec.commands.length > 0);
  need(
    "cuda",
    spec.cuda === undefined ? "cudnn" : "cuda",
    "a CUDA runtime is in the image",
    (spec.cuda ?? spec.cudnn) !== undefined,
  );
  need(
    "python-exec",
    "pythonExec",
    `the interpreter "${spec.pythonExec}" of the base is used`,
    spec.pythonExec !== undefined,
  );
  need(
    "runtime-packages",
    "runtimePackages",
    "packages are installed when a container starts",
    spec.runtimePackages.length > 0,
  );
  need("bytecode", "bytecode", "compiled Python files are in the image", spec.bytecode);
  need("profile-flytekit", "profile", 'the image has the layout "flytekit"', spec.profile === "flytekit");
  const sdist = sourceDistribution(spec);
  if (sdist !== undefined) need("sdists", sdist.path, sdist.reason);
  const [baseNeed, baseReason] = baseCapability(spec);
  need(baseNeed, "baseImage", baseReason);
  const foreignPython = otherPython(spec);
  if (foreignPython !== undefined) need("other-python", "pythonVersion", foreignPython);
  for (const [index, secret] of spec.secrets.entries()) {
    const [kind = "value"] = Object.keys(secret.from);
    // Credentials that stood in a URL are handed over as a value; every builder with an index of its own reads them.
    if (kind === "env" || kind === "file" || kind === "aws" || kind === "google") {
      need(`secret-${kind}`, `secrets[${index}]`, `the secret "${secret.id}" comes from "${kind}"`);
    }
  }
  need(`output-${output.kind}`, "output", `the image goes to "${output.kind}"`);
  return required;
}

function baseCapability(spec: ResolvedImageSpec): readonly [Capability, string] {
  const base = spec.resolvedBase;
  switch (base.kind) {
    case "reference":
      return ["base-image", `the base is "${base.reference}"`];
    case "oci-layout":
      return ["base-image", `the base is in "${base.path}"`];
    case "image":
      return ["base-image", "the base is an image that is built first"];
    case "scratch":
      return ["scratch-base", "the image starts from nothing"];
    case "debian":
      return ["debian-base", `the image is assembled from packages of Debian ${base.suite}`];
  }
}

/** Why the Python of the spec cannot be the base's, as far as the spec alone tells. */
function otherPython(spec: ResolvedImageSpec): string | undefined {
  const wanted = spec.pythonVersion;
  if (wanted === undefined || spec.pythonExec !== undefined || spec.condaPackages.length > 0) return undefined;
  const { base } = spec;
  if (spec.resolvedBase.kind === "debian") return undefined;
  if (base.kind === "scratch") {
    const needsPython = spec.requirementLines.length > 0 || spec.lock !== undefined || spec.runtimePackages.length > 0;
    return needsPython ? "a base from scratch has no Python" : undefined;
  }
  const minor = wanted.split(".").slice(0, 2).join(".");
  const has =
    base.kind === "debian"
      ? debianPythonVersions[base.suite]
      : base.kind === "reference"
        ? officialPython(base.reference)
        : undefined;
  return has === undefined || has === minor ? undefined : `Python "${wanted}" is not the base's "${has}"`;
}

/** The minor of an official python image, by its tag. */
function officialPython(reference: string): string | undefined {
  return /^docker\.io\/library\/python:(3\.\d+)(?![\d])/.exec(reference)?.[1];
}

function sourceDistribution(spec: ResolvedImageSpec): Pick<RequiredCapability, "path" | "reason"> | undefined {
  const option = spec.pipExtraArgs.find((word) => /^--no-binary(?:=|$)/.test(word));
  if (option !== undefined) return { path: "pipExtraArgs", reason: `"${option}" asks for source distributions` };
  for (const line of spec.requirementLines) {
    const parsed = parseRequirement(line.split(/\s+--hash/, 1)[0] ?? line);
    if (!isRequirement(parsed) || parsed.url === undefined) continue;
    if (!/\.whl(?:[?#]|$)/.test(parsed.url)) return { path: "packages", reason: `"${parsed.name}" comes as source` };
  }
  const built = spec.lock?.distributions.find(({ source }) => source !== undefined && !/\.whl(?:[?#]|$)/.test(source));
  return built === undefined ? undefined : { path: "requirements", reason: `"${built.name}" comes as source` };
}
