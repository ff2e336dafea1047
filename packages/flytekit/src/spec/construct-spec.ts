import { specFailure } from "../errors/flytekit-error.ts";
import { pythonLower } from "../python/python-lower.ts";
import { pythonRepr } from "../python/python-repr.ts";
import { CopyMode, isDict, isTruthy, PythonTuple, type PythonValue, pythonTypeName } from "../python/python-value.ts";
import {
  type FlytekitEnvironment,
  type FlytekitField,
  type FlytekitSpec,
  flytekitFields,
  isNestedSpec,
} from "./flytekit-spec.ts";
import { defaultFlytekitPython, flytekitMinor, newestFlytekit } from "./flytekit-version.ts";
import { isRegistryName } from "./registry-name.ts";

/** A spec as flytekit keeps it: every field that is not `None`, changed as its constructor changes it. */
export type ConstructedSpec = { readonly [Field in Exclude<FlytekitField, "base_image">]?: PythonValue } & {
  readonly base_image?: Exclude<PythonValue, null> | NestedSpec;
};

/** A nested spec that was constructed. */
export class NestedSpec {
  readonly spec: ConstructedSpec;

  constructor(spec: ConstructedSpec) {
    this.spec = spec;
  }
}

const stringLists = [
  "packages",
  "conda_channels",
  "conda_packages",
  "apt_packages",
  "pip_extra_index_url",
  "entrypoint",
  "commands",
  "runtime_packages",
] as const;

/** What flytekit's constructor makes of a spec. @throws FLYTEKIT_SPEC for what it refuses */
export function constructSpec(spec: FlytekitSpec, environment: FlytekitEnvironment = {}): ConstructedSpec {
  const minor = flytekitMinor(environment.version ?? newestFlytekit);
  const python = environment.python ?? defaultFlytekitPython;
  const fields = minor === "1.15" ? flytekitFields.filter((field) => field !== "builder_config") : flytekitFields;
  // A nested spec is made before the one that it is given to.
  const nested = isNestedSpec(spec.base_image) ? constructSpec(spec.base_image, environment) : undefined;
  for (const name of Object.keys(spec)) {
    if ((fields as readonly string[]).includes(name)) continue;
    const text = `ImageSpec.__init__() got an unexpected keyword argument '${name}'`;
    throw specFailure({ type: "TypeError", text, field: name, hint: `remove "${name}"` });
  }
  const given = new Map<FlytekitField, PythonValue | NestedSpec>();
  for (const field of fields) {
    const value: PythonValue | FlytekitSpec | undefined = spec[field];
    if (value === undefined) continue;
    if (field === "base_image" && nested !== undefined) given.set(field, new NestedSpec(nested));
    // A nested spec is told apart above: what else a field holds is a Python value.
    else given.set(field, value as PythonValue);
  }
  const value = (field: FlytekitField): PythonValue => {
    const found = given.get(field);
    return found === undefined || found instanceof NestedSpec ? null : found;
  };

  given.set("name", lower(given.has("name") ? value("name") : "flytekit", "name", python));
  if (isTruthy(value("registry"))) {
    const registry = lower(value("registry"), "registry", python);
    given.set("registry", registry);
    if (!isRegistryName(registry, python)) throw invalidRegistry(registry);
  }
  setPlatform(given, value, minor, environment.machine ?? "x86_64");
  if (value("source_root") !== null && !isTruthy(value("source_copy_mode")))
    given.set("source_copy_mode", CopyMode.LOADED_MODULES);
  for (const field of stringLists) {
    const list = value(field);
    if (list === null || (Array.isArray(list) && list.every((item) => typeof item === "string"))) continue;
    throw specFailure({ type: "ValueError", text: `${field} must be a list of strings or None`, field });
  }
  checkSecretMounts(value("pip_secret_mounts"));
  const options = value("builder_options");
  if (options !== null && !isDict(options)) {
    const text = "builder_options must be a dictionary or None";
    throw specFailure({ type: "ValueError", text, field: "builder_options" });
  }
  const entries = fields.flatMap((field) => {
    const found = given.get(field);
    return found === undefined || found === null ? [] : [[field, found] as const];
  });
  // Only `base_image` can be a nested spec.
  return Object.freeze(Object.fromEntries(entries)) as ConstructedSpec;
}

function setPlatform(
  given: Map<FlytekitField, PythonValue | NestedSpec>,
  value: (field: FlytekitField) => PythonValue,
  minor: string,
  machine: string,
): void {
  if (minor === "1.15") {
    if (!given.has("platform")) given.set("platform", "linux/amd64");
    return;
  }
  if (value("platform") !== null) return;
  const registry = value("registry");
  const isLocal = typeof registry === "string" && registry.startsWith("localhost:");
  const isArm = ["arm64", "aarch64"].includes(machine.toLowerCase());
  given.set("platform", isLocal && isArm ? "linux/arm64" : "linux/amd64");
}

function lower(value: PythonValue, field: FlytekitField, python: string): string {
  if (typeof value === "string") return pythonLower(value, python);
  const text = `'${pythonTypeName(value)}' object has no attribute 'lower'`;
  throw specFailure({
    type: "AttributeError",
    text,
    field,
    hint: `write ${field} as a text, not as ${pythonRepr(value, python)}`,
  });
}

function checkSecretMounts(mounts: PythonValue): void {
  if (mounts === null) return;
  const isPairs =
    Array.isArray(mounts) &&
    mounts.every(
      (mount) =>
        mount instanceof PythonTuple &&
        mount.items.length === 2 &&
        mount.items.every((item) => typeof item === "string"),
    );
  if (isPairs) return;
  throw specFailure({
    type: "ValueError",
    text: "pip_secret_mounts must be a list of tuples of two strings or None",
    field: "pip_secret_mounts",
    hint: "write it in Python: a YAML file has no tuples, so that flytekit never takes this field from one",
  });
}

function invalidRegistry(registry: string): Error {
  const text =
    `Invalid container registry name: '${registry}'.\n Expected formats:\n` +
    "- 'localhost:30000' (for local registries)\n" +
    "- 'ghcr.io/username' (for GitHub Container Registry)\n" +
    "- 'docker.io/username' (for docker hub)\n";
  return specFailure({ type: "ValueError", text, field: "registry", hint: "write it as host[:port][/path]" });
}
