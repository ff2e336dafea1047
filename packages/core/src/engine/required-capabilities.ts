import { parseImageReference } from "@imagespec/oci";
import type { Capability } from "../builder/capabilities.ts";
import type { BuildOutput } from "../builder/output.ts";
import { debianPythonVersions } from "../spec/defaults.ts";
import type { NormalizedSecret } from "../spec/normalized-spec.ts";
import type { ResolvedBase, ResolvedImageSpec } from "../spec/resolved-spec.ts";

/** A capability that a spec and its output need, and the field that needs it. */
export interface RequiredCapability {
  readonly capability: Capability;
  /** Field path as the user would write it. */
  readonly path: string;
  /** What the spec asks for: "2 Debian packages". */
  readonly reason: string;
}

/** What a builder must be able to do for a spec and an output: the one table from field to capability, in field order. */
export function requiredCapabilities(spec: ResolvedImageSpec, output: BuildOutput): readonly RequiredCapability[] {
  const needed: RequiredCapability[] = [];
  const need = (capability: Capability, path: string, reason: string): void => {
    needed.push({ capability, path, reason });
  };
  const count = (list: readonly unknown[], one: string): string =>
    `${list.length} ${one}${list.length === 1 ? "" : "s"}`;
  const needList = (capability: Capability, field: string, list: readonly unknown[], one: string): void => {
    // The one entry of a list is what matters; of several, all do.
    if (list.length > 0) need(capability, list.length === 1 ? `${field}[0]` : field, count(list, one));
  };

  addBase(spec, need);
  if (spec.pythonExec !== undefined)
    need("python-exec", "pythonExec", `the base's own interpreter "${spec.pythonExec}"`);
  addSourceDistributions(spec, need);
  needList("conda-packages", "condaPackages", spec.condaPackages, "conda package");
  needList("apt-packages", "aptPackages", spec.aptPackages, "Debian package");
  if (spec.cuda !== undefined) need("cuda", "cuda", `CUDA ${spec.cuda}`);
  else if (spec.cudnn !== undefined) need("cuda", "cudnn", `cuDNN ${spec.cudnn}`);
  needList("commands", "commands", spec.commands, "command");
  needList("runtime-packages", "runtimePackages", spec.runtimePackages, "package installed at container start");
  if (spec.bytecode) need("bytecode", "bytecode", "compiled Python files");
  if (spec.profile === "flytekit") need("profile-flytekit", "profile", 'the layout "flytekit"');
  for (const [index, secret] of spec.secrets.entries()) {
    need(secretCapability(secret), `secrets[${index}]`, `the secret "${secret.id}"`);
  }
  need(`output-${output.kind}`, "output", `an output of kind "${output.kind}"`);
  return needed;
}

/** Whether a spec asks for packages that are built from their source. */
export function needsSdists(spec: ResolvedImageSpec): boolean {
  let isNeeded = false;
  addSourceDistributions(spec, () => {
    isNeeded = true;
  });
  return isNeeded;
}

type Need = (capability: Capability, path: string, reason: string) => void;

function addBase(spec: ResolvedImageSpec, need: Need): void {
  const base = spec.resolvedBase;
  if (base.kind === "debian") {
    need("debian-base", "baseImage", `a base of Debian ${base.suite} packages`);
    return;
  }
  if (base.kind === "scratch") {
    need("scratch-base", "baseImage", "an empty base");
    if (spec.requirementLines.length > 0 || spec.lock !== undefined) {
      need("other-python", "baseImage", "Python packages on an empty base, which has no Python");
    }
    return;
  }
  need("base-image", "baseImage", base.kind === "reference" ? `the base "${base.reference}"` : "a base image");
  const wanted = minorOf(spec.pythonVersion);
  const own = basePython(base);
  if (spec.pythonExec === undefined && wanted !== undefined && own !== undefined && wanted !== own) {
    need("other-python", "pythonVersion", `Python ${wanted} on a base that has ${own}`);
  }
}

/** The Python minor of a base as far as it shows without looking into an image. */
function basePython(base: ResolvedBase): string | undefined {
  if (base.kind === "debian") return debianPythonVersions[base.suite];
  if (base.kind === "image") return minorOf(base.image.pythonVersion) ?? basePython(base.image.resolvedBase);
  if (base.kind !== "reference") return undefined;
  const { registry, repository, tag } = parseImageReference(base.reference);
  if (registry !== "docker.io" || repository !== "library/python" || tag === undefined) return undefined;
  return /^(\d+\.\d+)(?:[.-]|$)/.exec(tag)?.[1];
}

function minorOf(version: string | undefined): string | undefined {
  return version === undefined ? undefined : /^\d+\.\d+/.exec(version)?.[0];
}

function addSourceDistributions(spec: ResolvedImageSpec, need: Need): void {
  const option = spec.pipExtraArgs.find(
    (argument) => argument === "--no-binary" || argument.startsWith("--no-binary="),
  );
  if (option !== undefined) {
    need("sdists", "pipExtraArgs", `"${option}": packages built from their source`);
    return;
  }
  const index = spec.packages.findIndex(isSourceRequirement);
  const line = spec.packages[index] ?? spec.requirementLines.find(isSourceRequirement);
  if (line === undefined) {
    const built = spec.lock?.distributions.find(({ source, hashes }) => source !== undefined && hashes.length === 0);
    if (built !== undefined)
      need("sdists", "requirements", `"${built.name}" of "${built.source}": a package built from its source`);
    return;
  }
  need("sdists", index >= 0 ? `packages[${index}]` : "requirements", `"${line}": a package built from its source`);
}

/** A VCS reference, or a URL of a source archive. */
function isSourceRequirement(requirement: string): boolean {
  const url = /(?:^|@\s*)((?:git|hg|svn|bzr)\+\S+|(?:https?|file):\S+)/.exec(requirement)?.[1];
  if (url === undefined) return false;
  return /^\w+\+/.test(url) || /\.(?:tar\.\w+|tgz|zip)(?:[#?].*)?$/.test(url);
}

/** Values that are already in memory are handed over the way a variable's is: read in this process, at the last moment. */
function secretCapability({ from }: NormalizedSecret): Capability {
  if ("file" in from) return "secret-file";
  if ("aws" in from) return "secret-aws";
  return "google" in from ? "secret-google" : "secret-env";
}
