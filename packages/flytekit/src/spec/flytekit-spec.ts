import type { CopyMode, PythonValue } from "../python/python-value.ts";

/**
 * A flytekit `ImageSpec` as it was written: its fields by their own names, before flytekit changes any of them.
 *
 * What is absent or `undefined` was not given; `null` is an explicit `None`. Values are those that Python would have, right or
 * wrong: flytekit checks few of them. A plain object as `base_image` is a nested `ImageSpec`, a Map there is a `dict`.
 */
export interface FlytekitSpec {
  /** @default "flytekit" */
  readonly name?: PythonValue | undefined;
  /** @default the minor of the running interpreter, when the image is built */
  readonly python_version?: PythonValue | undefined;
  readonly builder?: PythonValue | undefined;
  readonly source_root?: PythonValue | undefined;
  readonly env?: PythonValue | undefined;
  readonly registry?: PythonValue | undefined;
  readonly packages?: PythonValue | undefined;
  readonly conda_packages?: PythonValue | undefined;
  readonly conda_channels?: PythonValue | undefined;
  readonly requirements?: PythonValue | undefined;
  readonly apt_packages?: PythonValue | undefined;
  readonly cuda?: PythonValue | undefined;
  readonly cudnn?: PythonValue | undefined;
  readonly base_image?: PythonValue | FlytekitSpec | undefined;
  /** @default "linux/amd64"; from 1.16 on "linux/arm64" for a registry on localhost of an ARM machine */
  readonly platform?: PythonValue | undefined;
  readonly pip_index?: PythonValue | undefined;
  readonly pip_extra_index_url?: PythonValue | undefined;
  readonly pip_secret_mounts?: PythonValue | undefined;
  readonly pip_extra_args?: PythonValue | undefined;
  readonly registry_config?: PythonValue | undefined;
  readonly entrypoint?: PythonValue | undefined;
  readonly commands?: PythonValue | undefined;
  readonly tag_format?: PythonValue | undefined;
  /** @default {@link CopyMode.LOADED_MODULES} with a `source_root` */
  readonly source_copy_mode?: PythonValue | undefined;
  readonly copy?: PythonValue | undefined;
  readonly python_exec?: PythonValue | undefined;
  readonly runtime_packages?: PythonValue | undefined;
  readonly builder_options?: PythonValue | undefined;
  /** From 1.16 on. */
  readonly builder_config?: PythonValue | undefined;
}

export type FlytekitField = keyof FlytekitSpec;

/** The fields, in the order in which flytekit declares and hashes them. */
export const flytekitFields: readonly FlytekitField[] = [
  "name",
  "python_version",
  "builder",
  "source_root",
  "env",
  "registry",
  "packages",
  "conda_packages",
  "conda_channels",
  "requirements",
  "apt_packages",
  "cuda",
  "cudnn",
  "base_image",
  "platform",
  "pip_index",
  "pip_extra_index_url",
  "pip_secret_mounts",
  "pip_extra_args",
  "registry_config",
  "entrypoint",
  "commands",
  "tag_format",
  "source_copy_mode",
  "copy",
  "python_exec",
  "runtime_packages",
  "builder_options",
  "builder_config",
];

/** What flytekit depends on besides the spec. */
export interface FlytekitEnvironment {
  /** flytekit's version. @default {@link newestFlytekit} */
  readonly version?: string | undefined;
  /** The running Python's minor: its Unicode data has a say in tags. @default {@link defaultFlytekitPython} */
  readonly python?: string | undefined;
  /** What `platform.machine()` says. @default "x86_64" */
  readonly machine?: string | undefined;
}

/** Whether a base image is a nested spec, not the name of an image and not the dict that YAML makes. */
export function isNestedSpec(base: FlytekitSpec["base_image"]): base is FlytekitSpec {
  return typeof base === "object" && base !== null && Object.getPrototypeOf(base) === Object.prototype;
}
