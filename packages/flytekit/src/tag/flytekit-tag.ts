import { tagFailure } from "../errors/flytekit-error.ts";
import { pythonFormat } from "../python/python-format.ts";
import { CopyMode, isTruthy, type PythonValue, pythonTypeName } from "../python/python-value.ts";
import { type ConstructedSpec, constructSpec, NestedSpec } from "../spec/construct-spec.ts";
import type { FlytekitEnvironment, FlytekitSpec } from "../spec/flytekit-spec.ts";
import { defaultFlytekitPython } from "../spec/flytekit-version.ts";
import { hashText, specText } from "../spec/spec-text.ts";
import { copyDigest, type DirectoryOrder } from "./copy-digest.ts";
import { requirementsDigest } from "./requirements-digest.ts";
import { sourceDigest } from "./source-digest.ts";

/** What flytekit reads for a tag besides the spec. */
export interface FlytekitTagOptions extends FlytekitEnvironment {
  /** Folder that relative paths of the spec are relative to: flytekit's working directory. @default the working directory */
  readonly root?: string | undefined;
  /**
   * For {@link CopyMode.LOADED_MODULES}: absolute paths of the modules that the Python process has imported, one for each name
   * under which a module is known.
   *
   * @default none
   */
  readonly loadedModules?: readonly string[] | undefined;
  /** Names that builders returned for images, by the names that flytekit computed for them. @default none */
  readonly builtNames?: ReadonlyMap<string, string> | undefined;
  /** For folders in `copy`: flytekit visits those below them as the file system lists them. @default "file-system" */
  readonly directoryOrder?: DirectoryOrder | undefined;
}

/**
 * flytekit's tag of a spec, byte for byte. Reads the files that it reads, and asks git what it asks.
 *
 * @throws FLYTEKIT_SPEC, FLYTEKIT_TAG for what flytekit ends with an exception on
 */
export function flytekitTag(spec: FlytekitSpec, options: FlytekitTagOptions = {}): string {
  return tagOf(constructSpec(spec, options), options);
}

/**
 * flytekit's full name of a spec's image: `registry/name:tag`.
 *
 * @throws FLYTEKIT_SPEC, FLYTEKIT_TAG
 */
export function flytekitImageName(spec: FlytekitSpec, options: FlytekitTagOptions = {}): string {
  return imageNameOf(constructSpec(spec, options), options);
}

/** The text whose hash is in the tag. */
export function tagText(spec: ConstructedSpec, options: FlytekitTagOptions): string {
  const folder = options.root ?? process.cwd();
  const changes: Record<string, PythonValue> = {};
  const { base_image: base, source_root: root, source_copy_mode: mode, copy, requirements } = spec;
  if (base instanceof NestedSpec) changes["base_image"] = imageNameOf(base.spec, options);
  if (mode !== undefined && mode !== CopyMode.NO_COPY) {
    if (root === undefined || !isTruthy(root)) {
      const text = `Field source_root for image spec ${nameOf(spec)} must be set when copy is set`;
      throw tagFailure({ type: "ValueError", text, field: "source_root", hint: "name the folder in source_root" });
    }
    if (typeof root !== "string") throw notAPath(root);
    changes["source_root"] = sourceDigest(root, mode, { folder, loadedModules: options.loadedModules ?? [] });
  }
  if (copy !== undefined && isTruthy(copy)) {
    changes["copy"] = copyDigest(copy, { folder, directoryOrder: options.directoryOrder ?? "file-system" });
  }
  if (requirements !== undefined && isTruthy(requirements)) {
    changes["requirements"] = requirementsDigest(requirements, folder);
  }
  const { registry_config: _location, ...rest } = spec;
  return specText({ ...rest, ...changes }, options.python ?? defaultFlytekitPython);
}

/** The tag of a constructed spec. */
export function tagOf(spec: ConstructedSpec, options: FlytekitTagOptions): string {
  const hash = hashText(tagText(spec, options)).replaceAll("-", "_");
  const { tag_format: format } = spec;
  if (format === undefined || !isTruthy(format)) return hash;
  if (typeof format === "string") return pythonFormat(format, hash);
  const text = `'${pythonTypeName(format)}' object has no attribute 'format'`;
  throw tagFailure({ type: "AttributeError", text, field: "tag_format", hint: "write tag_format as a text" });
}

/** The full name of a constructed spec's image. */
export function imageNameOf(spec: ConstructedSpec, options: FlytekitTagOptions): string {
  const { registry } = spec;
  const name = `${nameOf(spec)}:${tagOf(spec, options)}`;
  const full = typeof registry === "string" && registry !== "" ? `${registry}/${name}` : name;
  return options.builtNames?.get(full) ?? full;
}

function nameOf({ name }: ConstructedSpec): string {
  return typeof name === "string" ? name : "";
}

function notAPath(value: PythonValue): Error {
  const text = `expected str, bytes or os.PathLike object, not ${pythonTypeName(value)}`;
  return tagFailure({ type: "TypeError", text, field: "source_root", hint: "write the path of a folder" });
}
