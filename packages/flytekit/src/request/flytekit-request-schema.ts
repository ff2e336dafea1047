import { type FlytekitField, flytekitFields } from "../spec/flytekit-spec.ts";
import type { JsonValue } from "./python-json.ts";

const summaries: Readonly<Record<FlytekitField, string>> = {
  name: "Name of the image, lower-cased.",
  python_version: "Python of the image.",
  builder: "Not hashed, and no builder here.",
  source_root: "Folder whose files are copied.",
  env: "Environment variables, in their order.",
  registry: "Registry, with an optional path, lower-cased.",
  packages: "Requirements.",
  conda_packages: "Conda packages.",
  conda_channels: "Conda channels.",
  requirements: "Requirements or lock file.",
  apt_packages: "Debian packages.",
  cuda: "CUDA version.",
  cudnn: "cuDNN version.",
  base_image: "Name of an image, or a nested spec.",
  platform: "Platforms, separated by commas.",
  pip_index: "Package index.",
  pip_extra_index_url: "Further package indexes.",
  pip_secret_mounts: "Tuples of file and target.",
  pip_extra_args: "Further options of the installer.",
  registry_config: "Docker config file. Not in the tag.",
  entrypoint: "Entrypoint.",
  commands: "Shell commands.",
  tag_format: "Python format string with spec_hash.",
  source_copy_mode: "Which files of source_root are copied.",
  copy: "Files and folders to copy.",
  python_exec: "Interpreter of the base image.",
  runtime_packages: "Packages that tasks install. Not hashed.",
  builder_options: "Options of a builder, hashed.",
  builder_config: "Configuration of a builder, hashed; from flytekit 1.16 on.",
};

function python(kind: string, fields: Readonly<Record<string, JsonValue>>): JsonValue {
  return {
    type: "object",
    required: ["$py", ...Object.keys(fields)],
    additionalProperties: false,
    properties: { $py: { const: kind }, ...fields },
  };
}

const value = { $ref: "#/$defs/value" } as const;

/** The JSON Schema (2020-12) of a request: `imagespec schema flytekit`. */
export const flytekitRequestSchema: { readonly [key: string]: JsonValue } = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:imagespec:flytekit-request:1",
  title: "A flytekit ImageSpec to build",
  type: "object",
  required: ["contract", "flytekit", "python", "spec"],
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    contract: { const: 1 },
    flytekit: { type: "string", description: "flytekit's version." },
    python: {
      type: "string",
      pattern: "^\\d+\\.\\d+",
      description: "The running Python: its Unicode data is in tags.",
    },
    machine: { type: "string", description: "platform.machine().", default: "x86_64" },
    root: { type: "string", description: "Absolute folder that relative paths are relative to." },
    loaded_modules: {
      type: "array",
      items: { type: "string" },
      description: "Absolute paths of imported modules, once for each name; for CopyFileDetection.LOADED_MODULES.",
    },
    id: { type: ["string", "null"], description: "ImageSpec.id, for _F_IMG_ID; null for none. Absent: computed." },
    tag: { type: "string", description: "ImageSpec.tag, to compare with." },
    built_names: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Names that builders returned, by the names of flytekit.",
    },
    requirement: {
      type: ["string", "null"],
      description: "Added to the packages; null for nothing. Absent: flytekit at its version.",
    },
    profile: { enum: ["flytekit", "imagespec"], default: "flytekit" },
    spec: { $ref: "#/$defs/spec" },
  },
  $defs: {
    spec: {
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries(
        flytekitFields.map((field) => [
          field,
          field === "base_image"
            ? { description: summaries[field], anyOf: [value, { $ref: "#/$defs/nested" }] }
            : { description: summaries[field], ...value },
        ]),
      ),
    },
    nested: {
      type: "object",
      required: ["$py", "fields"],
      additionalProperties: false,
      properties: { $py: { const: "ImageSpec" }, fields: { $ref: "#/$defs/spec" } },
    },
    value: {
      description: "A Python value: JSON where JSON can carry it, else an object with $py.",
      anyOf: [
        { type: ["string", "integer", "boolean", "null"] },
        { type: "array", items: value },
        { type: "object", propertyNames: { not: { const: "$py" } }, additionalProperties: value },
        python("float", { repr: { type: "string" } }),
        python("int", { value: { type: "string", pattern: "^-?\\d+$" } }),
        python("tuple", { items: { type: "array", items: value } }),
        python("dict", {
          items: { type: "array", items: { type: "array", items: value, minItems: 2, maxItems: 2 } },
        }),
        python("CopyFileDetection", { name: { enum: ["LOADED_MODULES", "ALL", "NO_COPY"] } }),
        python("date", { iso: { type: "string" } }),
        python("datetime", { iso: { type: "string" } }),
        python("bytes", { base64: { type: "string" } }),
      ],
    },
  },
};
