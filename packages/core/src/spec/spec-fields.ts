import type { Shape, TextShape } from "./field-shape.ts";
import { commandShape, copyShape, debianShape, requirementsShape, secretShape } from "./field-shapes.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import {
  aptPackageFinding,
  baseImageFinding,
  condaChannelFinding,
  condaPackageFinding,
  indexUrlFinding,
  nameFinding,
  platformFinding,
  registryFinding,
  tagFormatFinding,
} from "./reference-checks.ts";
import { requirementFinding } from "./requirement.ts";
import {
  absolutePathFinding,
  builderNameFinding,
  cudaVersionFinding,
  cutoffFinding,
  envNameFinding,
  labelKeyFinding,
  nonEmptyFinding,
  pipExtraArgsFinding,
  pythonVersionFinding,
  relativePathFinding,
  userFinding,
} from "./text-checks.ts";

export interface SpecField {
  readonly shape: Shape;
  /** For people: `string`, `list of strings`. */
  readonly type: string;
  readonly description: string;
  /**
   * `content` is in the fingerprint; `location` says where images come from or go to; `choice` picks a builder;
   * `secret` is neither in the fingerprint nor in the image.
   */
  readonly role: "content" | "location" | "choice" | "secret";
  readonly default?: string;
}

const listOf = (item: Shape): Shape => ({ kind: "list", item });
const text = (what: string, check?: TextShape["check"], pattern?: string): TextShape => ({
  kind: "text",
  what,
  ...(check === undefined ? {} : { check }),
  ...(pattern === undefined ? {} : { pattern }),
});
const requirement = text("a requirement", requirementFinding);
const argument = text("an argument");
const platform = text("a platform", platformFinding, "^[Ll][Ii][Nn][Uu][Xx]/[A-Za-z0-9_]+(/[A-Za-z0-9_]+)?$");

/** Every field of a spec: the one source of validation, JSON Schema and reference page. */
export const specFields: { readonly [Field in keyof ImageSpecInput]-?: SpecField } = {
  name: {
    shape: text("a repository path", nameFinding),
    type: "string",
    role: "location",
    description: "Repository path, as in `acme/train`. Needed to push to a registry.",
  },
  registry: {
    shape: text("a registry", registryFinding),
    type: "string",
    role: "location",
    description:
      "Registry host with optional port and path prefix, as in `registry.acme.dev` or `localhost:5000/team`.",
  },
  tagFormat: {
    shape: text("a tag format", tagFormatFinding),
    type: "string",
    role: "location",
    default: '"{fingerprint}"',
    description:
      "Tag in which `{fingerprint}` (or `{spec_hash}`) is replaced by the default tag, as in `{fingerprint}-gpu`.",
  },
  pythonVersion: {
    shape: {
      kind: "text",
      what: "a Python version",
      check: pythonVersionFinding,
      pattern: "^3\\.([89]|1[0-5])(\\.[0-9]{1,3})?$",
      numberHint: 'quote it, as in "3.10": without quotes YAML reads 3.10 as the number 3.1',
    },
    type: "string",
    role: "content",
    default: 'with a named base the base\'s own, else `"3.12"`',
    description: "Python minor, as in `3.12`, or patch version, as in `3.12.4`.",
  },
  pythonExec: {
    shape: text("an absolute path", absolutePathFinding, "^/"),
    type: "string",
    role: "content",
    description:
      "Interpreter that the base image has; its distributions are visible in the image and constrain the resolution.",
  },
  builder: {
    shape: text("a builder name", builderNameFinding, "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
    type: "string",
    role: "choice",
    description: "Asks for one builder by name; no other is tried.",
  },
  builderOptions: {
    shape: { kind: "json-object" },
    type: "mapping",
    role: "choice",
    default: "`{}`",
    description: "Options for the builder that `builder` names. Those that change the image enter the fingerprint.",
  },
  baseImage: {
    shape: { kind: "base-image", text: text("an image reference", baseImageFinding), debian: debianShape },
    type: "string, spec, or `{ debian }`",
    role: "content",
    default: "`docker.io/library/python:<pythonVersion>-slim`",
    description:
      "Image reference, `scratch`, `oci-layout:<path>[:<name>]`, another spec, or `{ debian: trixie }` for a base assembled from Debian packages.",
  },
  packages: {
    shape: listOf(requirement),
    type: "list of strings",
    role: "content",
    default: "`[]`",
    description: "Python requirements (PEP 508), as in `numpy>=2,<3`. Their order is kept.",
  },
  requirements: {
    shape: requirementsShape,
    type: "string, or `{ file, groups, extras }`",
    role: "content",
    description:
      "Requirements or lock file: `requirements.txt`, `pylock.toml`, `uv.lock` or `poetry.lock`, told apart by name.",
  },
  pipIndex: {
    shape: text("an index URL", indexUrlFinding, "^[Hh][Tt][Tt][Pp][Ss]?://"),
    type: "string",
    role: "content",
    default: "`https://pypi.org/simple`",
    description: "Package index. Credentials in the URL become a secret.",
  },
  pipExtraIndexUrl: {
    shape: listOf(text("an index URL", indexUrlFinding, "^[Hh][Tt][Tt][Pp][Ss]?://")),
    type: "list of strings",
    role: "content",
    default: "`[]`",
    description: "Further package indexes.",
  },
  pipExtraArgs: {
    shape: text("pip options", pipExtraArgsFinding),
    type: "string",
    role: "content",
    description: "Further pip options, as in `--pre --no-binary lxml`.",
  },
  pipSecretMounts: {
    shape: listOf({
      kind: "pair",
      items: [text("a source file", nonEmptyFinding), text("a target path", absolutePathFinding, "^/")],
    }),
    type: "list of `[source, target]`",
    role: "secret",
    default: "`[]`",
    description: "Files that the package installation alone may read; short for `secrets`.",
  },
  excludeNewer: {
    shape: text("a date", cutoffFinding, "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].+)?$"),
    type: "string",
    role: "content",
    description: "RFC 3339 date or time: no distribution published later is used. A date counts to its end, in UTC.",
  },
  condaPackages: {
    shape: listOf(text("a conda package", condaPackageFinding)),
    type: "list of strings",
    role: "content",
    default: "`[]`",
    description: "Packages of the conda environment in `/opt/conda`.",
  },
  condaChannels: {
    shape: listOf(text("a conda channel", condaChannelFinding)),
    type: "list of strings",
    role: "content",
    default: "`[]`",
    description: "Conda channels, first one first, and no others; without any, conda-forge.",
  },
  aptPackages: {
    shape: listOf(text("a Debian package", aptPackageFinding, "^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+:~-]+)?$")),
    type: "list of strings",
    role: "content",
    default: "`[]`",
    description: "Debian packages, as in `libgomp1` or `curl=8.14.1-2`.",
  },
  cuda: {
    shape: text("a CUDA version", cudaVersionFinding, "^[0-9]{1,2}(\\.[0-9]{1,3}){0,3}$"),
    type: "string",
    role: "content",
    description: "CUDA runtime in the image, as in `12.4`.",
  },
  cudnn: {
    shape: text("a cuDNN version", cudaVersionFinding, "^[0-9]{1,2}(\\.[0-9]{1,3}){0,3}$"),
    type: "string",
    role: "content",
    description: "cuDNN in the image; needs `cuda`.",
  },
  commands: {
    shape: listOf(commandShape),
    type: "list of strings or `{ run, after, secrets }`",
    role: "content",
    default: "`[]`",
    description: "Shell commands, run as root; a string runs after the packages and before the source.",
  },
  env: {
    shape: { kind: "record", key: text("a variable name", envNameFinding), value: text("a value") },
    type: "mapping of strings",
    role: "content",
    default: "`{}`",
    description: "Environment variables; values arrive verbatim.",
  },
  entrypoint: {
    shape: listOf(argument),
    type: "list of strings",
    role: "content",
    default: "the base's",
    description: "Entrypoint; `[]` clears the base's.",
  },
  cmd: {
    shape: listOf(argument),
    type: "list of strings",
    role: "content",
    default: "the base's, unless `entrypoint` is given",
    description: "Default arguments, or command without an entrypoint; `[]` clears the base's.",
  },
  user: {
    shape: text("a user", userFinding),
    type: "string",
    role: "content",
    default: '`"imagespec"` (uid and gid 65532), unless the base has a non-root user',
    description: "Name, uid, or `user:group`.",
  },
  workdir: {
    shape: text("an absolute path", absolutePathFinding, "^/"),
    type: "string",
    role: "content",
    default: '`"/app"`',
    description: "Working directory, and where the source goes.",
  },
  labels: {
    shape: { kind: "record", key: text("a label", labelKeyFinding), value: text("a value") },
    type: "mapping of strings",
    role: "content",
    default: "`{}`",
    description: "Labels of the image.",
  },
  sourceRoot: {
    shape: text("a folder", relativePathFinding),
    type: "string",
    role: "content",
    description: "Folder whose contents land in the working directory.",
  },
  sourceCopyMode: {
    shape: { kind: "choice", values: ["none", "all", "loaded-modules"] },
    type: '`"none"`, `"all"` or `"loaded-modules"`',
    role: "content",
    default: '`"all"` when `sourceRoot` is given, else `"none"`',
    description:
      "Which files of `sourceRoot` are copied; `loaded-modules` takes the list that the caller of the build gives.",
  },
  copy: {
    shape: listOf(copyShape),
    type: "list of strings or `{ from, to }`",
    role: "content",
    default: "`[]`",
    description: "Further files and folders.",
  },
  runtimePackages: {
    shape: listOf(requirement),
    type: "list of strings",
    role: "content",
    default: "`[]`",
    description: "Requirements that are installed when a container starts.",
  },
  bytecode: {
    shape: { kind: "boolean" },
    type: "boolean",
    role: "content",
    default: "`false`",
    description: "Whether compiled Python files are in the image.",
  },
  profile: {
    shape: { kind: "choice", values: ["imagespec", "flytekit"] },
    type: '`"imagespec"` or `"flytekit"`',
    role: "content",
    default: '`"imagespec"`',
    description: "Layout of the image.",
  },
  platform: {
    shape: { kind: "text-or", text: platform, other: { kind: "list", item: platform, minItems: 1 } },
    type: "string or list of strings",
    role: "content",
    default: '`"linux/amd64"`',
    description: "Platforms, as in `linux/arm64`.",
  },
  registryConfig: {
    shape: text("a file", nonEmptyFinding),
    type: "string",
    role: "location",
    description: "Docker config file to take registry credentials from.",
  },
  secrets: {
    shape: listOf(secretShape),
    type: "list of `{ id, from, steps, target, cacheBust }`",
    role: "secret",
    default: "`[]`",
    description: "Values that steps may read and that are never in fingerprint, image, history or logs.",
  },
};

/** Names of all fields, in the order of the documentation. */
export const inputFieldNames: readonly string[] = Object.keys(specFields);
