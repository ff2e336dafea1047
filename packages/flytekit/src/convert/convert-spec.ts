import { isAbsolute, relative, resolve } from "node:path";
import { type ImageProfile, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { pythonRepr } from "../python/python-repr.ts";
import { CopyMode, dictEntries, isDict, isTruthy, PythonTuple, type PythonValue } from "../python/python-value.ts";
import { type ConstructedSpec, NestedSpec } from "../spec/construct-spec.ts";
import type { FlytekitField } from "../spec/flytekit-spec.ts";
import { dockerRegistry } from "./docker-registry.ts";
import { flytekitRequirement } from "./flytekit-requirement.ts";

export interface ConvertContext {
  /** Absolute: what paths are relative to. */
  readonly root: string;
  /** Minor of the Python that the image gets where the spec names none. */
  readonly python: string;
  readonly profile: ImageProfile;
  /** What is added to the packages; `null` for nothing. */
  readonly requirement: string | null;
  /** Whether the image is to carry `runtime_packages`, which flytekit's images know nothing of. */
  readonly keepsRuntimePackages: boolean;
  /** The value of `_F_IMG_ID` in the image. */
  readonly imageId: (spec: ConstructedSpec) => string | undefined;
  /** What stands in for a nested base. @default the base's own spec */
  readonly base?: ((base: ConstructedSpec) => string | ImageSpec) | undefined;
}

/** What a spec means here. Tags and builders are not in it: they belong to the build. */
export function convertSpec(spec: ConstructedSpec, context: ConvertContext): ImageSpec {
  const requirement = flytekitRequirement(spec, context);
  const packages = [...(stringsOf(spec.packages) ?? []), ...(requirement === undefined ? [] : [requirement])];
  const id = context.imageId(spec);
  const fields: { readonly [Field in keyof ImageSpecInput]: ImageSpecInput[Field] | undefined } = {
    name: textOf(spec, "name"),
    registry: registryOf(spec),
    pythonVersion: pythonVersionOf(spec, context),
    pythonExec: textOf(spec, "python_exec"),
    baseImage: baseOf(spec, context),
    packages: packages.length === 0 ? undefined : packages,
    requirements: pathOf(spec, "requirements", context.root),
    pipIndex: textOf(spec, "pip_index"),
    pipExtraIndexUrl: stringsOf(spec.pip_extra_index_url),
    pipExtraArgs: textOf(spec, "pip_extra_args"),
    pipSecretMounts: secretMountsOf(spec.pip_secret_mounts),
    condaPackages: stringsOf(spec.conda_packages),
    condaChannels: stringsOf(spec.conda_channels),
    aptPackages: stringsOf(spec.apt_packages),
    cuda: textOf(spec, "cuda"),
    cudnn: textOf(spec, "cudnn"),
    commands: commandsOf(spec),
    env: envOf(spec, id, context),
    entrypoint: spec.entrypoint === undefined ? undefined : (stringsOf(spec.entrypoint) ?? []),
    sourceRoot: sourceRootOf(spec, context.root),
    sourceCopyMode: spec.source_root === undefined ? undefined : copiesSource(spec) ? "all" : "none",
    copy: copyOf(spec),
    runtimePackages: context.keepsRuntimePackages ? stringsOf(spec.runtime_packages) : undefined,
    profile: context.profile === "imagespec" ? undefined : context.profile,
    platform: platformsOf(spec),
    registryConfig: pathOf(spec, "registry_config", context.root),
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  // What is left of the fields has the type of its field.
  return new ImageSpec(Object.fromEntries(given) as ImageSpecInput);
}

/** Whether the source root's files are in the image. */
export function copiesSource({ source_copy_mode: mode }: ConstructedSpec): boolean {
  return mode !== undefined && mode !== CopyMode.NO_COPY;
}

/** `str(value)`. */
export function pythonText(value: PythonValue, python: string): string {
  return typeof value === "string" ? value : pythonRepr(value, python);
}

function textOf(spec: ConstructedSpec, field: Exclude<FlytekitField, "base_image">): string | undefined {
  const value = spec[field];
  if (value === undefined || !isTruthy(value)) return undefined;
  if (typeof value === "string") return value;
  throw unsupported(field, value, `${field} is not a text`, `write ${field} in quotes`);
}

/** A list of texts; nothing for one that is empty. */
function stringsOf(value: PythonValue | undefined): readonly string[] | undefined {
  // The constructor has checked these lists.
  return Array.isArray(value) && value.length > 0 ? (value as readonly string[]) : undefined;
}

function registryOf(spec: ConstructedSpec): string | undefined {
  const registry = textOf(spec, "registry");
  return registry === undefined ? undefined : dockerRegistry(registry.replace(/\n$/, ""));
}

function pythonVersionOf(spec: ConstructedSpec, { python }: ConvertContext): string | undefined {
  const { python_version: wanted } = spec;
  if (wanted !== undefined && isTruthy(wanted)) return pythonText(wanted, python);
  return textOf(spec, "python_exec") === undefined ? python : undefined;
}

function baseOf(spec: ConstructedSpec, context: ConvertContext): string | ImageSpec | undefined {
  const { base_image: base } = spec;
  if (base instanceof NestedSpec) {
    const own = { ...context, imageId: () => undefined };
    return context.base?.(base.spec) ?? convertSpec(base.spec, own);
  }
  if (base === undefined || !isTruthy(base)) return undefined;
  if (typeof base === "string") return base;
  const hint = "write the base's name, or the nested spec in Python: flytekit itself fails on this";
  throw unsupported("base_image", base, "base_image is neither the name of an image nor a spec", hint);
}

function pathOf(
  spec: ConstructedSpec,
  field: "requirements" | "registry_config" | "source_root",
  root: string,
): string | undefined {
  const path = textOf(spec, field);
  return path === undefined ? undefined : below(path, root);
}

/** A path relative to the root, as this project's specs have them. */
function below(path: string, root: string): string {
  if (!isAbsolute(path)) return path;
  return relative(root, path) || ".";
}

function sourceRootOf(spec: ConstructedSpec, root: string): string | undefined {
  const path = pathOf(spec, "source_root", root);
  if (path === undefined) return undefined;
  return isAbsolute(path) ? path : relative(root, resolve(root, path)) || ".";
}

function secretMountsOf(value: PythonValue | undefined): readonly (readonly [string, string])[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.flatMap((mount: PythonValue) => {
    const [source, target] = mount instanceof PythonTuple ? mount.items : [];
    return typeof source === "string" && typeof target === "string" ? [[source, target] as const] : [];
  });
}

/** One step after the files, as flytekit runs them: a `cd` or a variable of one command holds for the next. */
function commandsOf(spec: ConstructedSpec): ImageSpecInput["commands"] {
  const commands = stringsOf(spec.commands);
  if (commands === undefined) return undefined;
  const run = commands.join(" && ");
  return copiesSource(spec) || isTruthy(spec.copy) ? [{ run, after: "source" }] : [run];
}

function envOf(
  spec: ConstructedSpec,
  id: string | undefined,
  { python }: ConvertContext,
): Readonly<Record<string, string>> | undefined {
  const { env } = spec;
  if (env !== undefined && isTruthy(env) && !isDict(env)) {
    throw unsupported("env", env, "env is not a dict", "write env as a mapping: flytekit itself fails on this");
  }
  const entries = isDict(env) ? dictEntries(env) : [];
  const texts = entries.map(([key, value]) => [pythonText(key, python), pythonText(value, python)] as const);
  const all = [...texts, ...(id === undefined ? [] : [["_F_IMG_ID", id] as const])];
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

function copyOf(spec: ConstructedSpec): readonly string[] | undefined {
  const { copy } = spec;
  if (copy === undefined || !isTruthy(copy)) return undefined;
  if (Array.isArray(copy) && copy.every((entry) => typeof entry === "string")) return copy as readonly string[];
  throw unsupported("copy", copy, "copy is not a list of paths", "write copy as a list of paths");
}

function platformsOf(spec: ConstructedSpec): string | readonly string[] | undefined {
  const platform = textOf(spec, "platform");
  if (platform === undefined) return undefined;
  const several = platform.split(",").map((one) => one.trim());
  return several.length === 1 ? several[0] : several;
}

function unsupported(field: FlytekitField, value: PythonValue, message: string, hint: string): ImageSpecError {
  const text = `${message}: ${pythonRepr(value, "3.12")}`;
  return new ImageSpecError("FLYTEKIT_UNSUPPORTED", text, {
    hint,
    problems: [{ code: "FLYTEKIT_UNSUPPORTED", path: field, message: text, hint }],
  });
}
