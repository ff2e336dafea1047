import { ImageSpecError } from "@imagespec/errors";
import type { CommandInput, CopyEntry, ImageSpecInput, SecretInput } from "./image-spec-input.ts";
import { carriedLogins, isImageSpecValue, loginsOf, specBrand } from "./spec-brand.ts";
import { readSpecInput } from "./validate-spec.ts";

/** One value, several, or a list of them. */
export type OneOrMore<T> = readonly (T | readonly T[])[];

/**
 * What a container image is to contain: an immutable value that is checked in full when it is made.
 *
 * Every field of {@link ImageSpecInput} is a property, `undefined` when it was not given. Credentials that stand in
 * index URLs are split off: no property, JSON form or error message shows them.
 */
export class ImageSpec {
  declare readonly name: ImageSpecInput["name"];
  declare readonly registry: ImageSpecInput["registry"];
  declare readonly tagFormat: ImageSpecInput["tagFormat"];
  declare readonly pythonVersion: ImageSpecInput["pythonVersion"];
  declare readonly pythonExec: ImageSpecInput["pythonExec"];
  declare readonly builder: ImageSpecInput["builder"];
  declare readonly builderOptions: ImageSpecInput["builderOptions"];
  declare readonly baseImage: ImageSpecInput["baseImage"];
  declare readonly packages: ImageSpecInput["packages"];
  declare readonly requirements: ImageSpecInput["requirements"];
  declare readonly pipIndex: ImageSpecInput["pipIndex"];
  declare readonly pipExtraIndexUrl: ImageSpecInput["pipExtraIndexUrl"];
  declare readonly pipExtraArgs: ImageSpecInput["pipExtraArgs"];
  declare readonly pipSecretMounts: ImageSpecInput["pipSecretMounts"];
  declare readonly excludeNewer: ImageSpecInput["excludeNewer"];
  declare readonly condaPackages: ImageSpecInput["condaPackages"];
  declare readonly condaChannels: ImageSpecInput["condaChannels"];
  declare readonly aptPackages: ImageSpecInput["aptPackages"];
  declare readonly cuda: ImageSpecInput["cuda"];
  declare readonly cudnn: ImageSpecInput["cudnn"];
  declare readonly commands: ImageSpecInput["commands"];
  declare readonly env: ImageSpecInput["env"];
  declare readonly entrypoint: ImageSpecInput["entrypoint"];
  declare readonly cmd: ImageSpecInput["cmd"];
  declare readonly user: ImageSpecInput["user"];
  declare readonly workdir: ImageSpecInput["workdir"];
  declare readonly labels: ImageSpecInput["labels"];
  declare readonly sourceRoot: ImageSpecInput["sourceRoot"];
  declare readonly sourceCopyMode: ImageSpecInput["sourceCopyMode"];
  declare readonly copy: ImageSpecInput["copy"];
  declare readonly runtimePackages: ImageSpecInput["runtimePackages"];
  declare readonly bytecode: ImageSpecInput["bytecode"];
  declare readonly profile: ImageSpecInput["profile"];
  declare readonly platform: ImageSpecInput["platform"];
  declare readonly registryConfig: ImageSpecInput["registryConfig"];
  declare readonly secrets: ImageSpecInput["secrets"];

  /**
   * @throws SPEC_INVALID when there are several problems, all of them in `problems`; with exactly one, its own code:
   * SPEC_UNKNOWN_FIELD, SPEC_TYPE, SPEC_VALUE, SPEC_CONFLICT, SPEC_REQUIREMENT, SPEC_REFERENCE, SPEC_PLATFORM, SPEC_PATH_OUTSIDE
   */
  constructor(input: ImageSpecInput = {}) {
    const { fields, logins } = readSpecInput(input, loginsOf(input));
    for (const [name, value] of Object.entries(fields)) {
      Object.defineProperty(this, name, { value: name === "baseImage" ? baseOf(value) : value, enumerable: true });
    }
    Object.defineProperty(this, specBrand, { value: logins });
    Object.freeze(this);
  }

  /** Whether a value is an {@link ImageSpec}, of any installed copy of this package. */
  static isImageSpec(value: unknown): value is ImageSpec {
    return isImageSpecValue(value);
  }

  /**
   * The one spec of a YAML, JSON, TypeScript or JavaScript file.
   *
   * @throws SPEC_VALUE when the file has several; SPEC_FILE_MISSING, SPEC_FILE_UNREADABLE, and what the constructor throws
   */
  static async fromFile(path: string): Promise<ImageSpec> {
    const { loadSpecFile } = await import("../loaders/load-spec-file.ts");
    const { specs } = await loadSpecFile(path);
    const only = specs[0];
    if (only === undefined || specs.length > 1) {
      throw new ImageSpecError("SPEC_VALUE", `"${path}" has ${specs.length} specs, one is expected`, {
        hint: `use loadSpecFile("${path}") and pick one of: ${specs.map(({ key }) => key).join(", ")}`,
        details: { file: path },
      });
    }
    return only.spec;
  }

  /**
   * A spec with the Python minor of a local interpreter, and `pinnedPackages` at the versions installed there.
   *
   * `python` is the interpreter to ask. @default the `python3` (or `python`) on the PATH
   *
   * @throws SPEC_CONFLICT when `pythonVersion` is given as well; SPEC_PACKAGE_NOT_FOUND for a package that is not installed;
   * SPEC_FILE_MISSING when there is no such interpreter
   */
  static async fromPythonEnvironment(
    options: ImageSpecInput & { readonly pinnedPackages?: readonly string[]; readonly python?: string } = {},
  ): Promise<ImageSpec> {
    const { inspectPythonEnvironment } = await import("./python-environment.ts");
    const { pinnedPackages = [], python, ...input } = options;
    if (input.pythonVersion !== undefined) {
      throw new ImageSpecError(
        "SPEC_CONFLICT",
        `pythonVersion "${input.pythonVersion}" cannot be given together with a Python environment`,
        { hint: "remove pythonVersion: it is taken from the interpreter" },
      );
    }
    const found = await inspectPythonEnvironment(pinnedPackages, python);
    return new ImageSpec({
      ...input,
      pythonVersion: found.pythonVersion,
      packages: [...(input.packages ?? []), ...found.pinned],
    });
  }

  /** A copy in which the given fields replace this spec's; `undefined` removes a field. */
  with(changes: { readonly [Field in keyof ImageSpecInput]?: ImageSpecInput[Field] | undefined }): ImageSpec {
    const merged: Record<string, unknown> = { ...fieldsOf(this), ...changes };
    for (const [name, value] of Object.entries(merged)) if (value === undefined) delete merged[name];
    Object.defineProperty(merged, carriedLogins, { value: loginsOf(this) });
    // The constructor checks every field, also those that a caller without types got wrong.
    return new ImageSpec(merged as ImageSpecInput);
  }

  /** A copy with further requirements after this spec's. */
  withPackages(...packages: OneOrMore<string>): ImageSpec {
    return this.with({ packages: [...(this.packages ?? []), ...packages.flat()] });
  }

  /** A copy with further Debian packages. */
  withAptPackages(...packages: OneOrMore<string>): ImageSpec {
    return this.with({ aptPackages: [...(this.aptPackages ?? []), ...packages.flat()] });
  }

  /** A copy with further conda packages. */
  withCondaPackages(...packages: OneOrMore<string>): ImageSpec {
    return this.with({ condaPackages: [...(this.condaPackages ?? []), ...packages.flat()] });
  }

  /** A copy with further commands, to run after this spec's of the same phase. */
  withCommands(...commands: OneOrMore<string | CommandInput>): ImageSpec {
    return this.with({ commands: [...(this.commands ?? []), ...commands.flat()] });
  }

  /** A copy with further files and folders to copy. */
  withCopy(...entries: OneOrMore<string | CopyEntry>): ImageSpec {
    return this.with({ copy: [...(this.copy ?? []), ...entries.flat()] });
  }

  /** A copy with these environment variables beside, or in place of, this spec's. */
  withEnv(env: Readonly<Record<string, string>>): ImageSpec {
    return this.with({ env: { ...this.env, ...env } });
  }

  /** A copy with these labels beside, or in place of, this spec's. */
  withLabels(labels: Readonly<Record<string, string>>): ImageSpec {
    return this.with({ labels: { ...this.labels, ...labels } });
  }

  /** A copy with further packages to install when a container starts. */
  withRuntimePackages(...packages: OneOrMore<string>): ImageSpec {
    return this.with({ runtimePackages: [...(this.runtimePackages ?? []), ...packages.flat()] });
  }

  /** A copy with further secrets. */
  withSecrets(...secrets: OneOrMore<SecretInput>): ImageSpec {
    return this.with({ secrets: [...(this.secrets ?? []), ...secrets.flat()] });
  }

  /** A copy for these platforms, in place of this spec's. */
  withPlatforms(...platforms: OneOrMore<string>): ImageSpec {
    return this.with({ platform: platforms.flat() });
  }

  /** Plain data from which `new ImageSpec(…)` makes an equal spec, but for credentials that stood in URLs. */
  toJSON(): ImageSpecInput {
    const { baseImage, ...fields } = fieldsOf(this);
    return ImageSpec.isImageSpec(baseImage)
      ? { ...fields, baseImage: baseImage.toJSON() }
      : { ...fields, ...(baseImage === undefined ? {} : { baseImage }) };
  }
}

/** The fields that were given. */
function fieldsOf(spec: ImageSpec): ImageSpecInput {
  // Every enumerable own property of an ImageSpec is a validated field of ImageSpecInput.
  return { ...spec } as ImageSpecInput;
}

/** A spec that was written out inside of another becomes a value of its own. */
function baseOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || isImageSpecValue(value) || "debian" in value) return value;
  // The object passed the check of the outer spec.
  return new ImageSpec(value as ImageSpecInput);
}
