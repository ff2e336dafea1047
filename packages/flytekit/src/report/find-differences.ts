import { CopyMode, dictEntries, isDict, isTruthy } from "../python/python-value.ts";
import type { ConstructedSpec } from "../spec/construct-spec.ts";
import type { FlytekitField } from "../spec/flytekit-spec.ts";
import { fieldCounterparts } from "./field-counterparts.ts";

/** What a field of one spec has in an image of this project that it has not in one of flytekit's; nothing where both are alike. */
type Finder = (spec: ConstructedSpec) => string | undefined;

const same: Finder = () => undefined;
const whenSet =
  (field: FlytekitField, text: string): Finder =>
  (spec) =>
    spec[field] === undefined ? undefined : text;

const finders: Readonly<Record<FlytekitField, Finder>> = {
  name: same,
  python_version: ({ python_version: version, python_exec: exec }) =>
    isTruthy(version) || isTruthy(exec) ? undefined : "written out; there, the Python of whoever builds is taken",
  builder: ({ builder }) => (isTruthy(builder) ? fieldCounterparts.builder.difference : undefined),
  source_root: whenSet("source_root", "lands in /app; there, in /root"),
  env: ({ env }) => (isDict(env) && dictEntries(env).some(isTouched) ? fieldCounterparts.env.difference : undefined),
  registry: ({ registry }) =>
    typeof registry === "string" && registry !== "" && !/^(?:localhost(?:[:/]|$)|[^/]*[.:])/.test(registry)
      ? "an account of Docker Hub, written out as docker.io"
      : undefined,
  packages: same,
  conda_packages: same,
  conda_channels: ({ conda_channels: channels }) =>
    Array.isArray(channels) && channels.length > 0 && channels[0] !== "conda-forge"
      ? fieldCounterparts.conda_channels.difference
      : undefined,
  requirements: same,
  apt_packages: same,
  cuda: whenSet("cuda", "works, or is refused by name; there, the build fails"),
  cudnn: whenSet("cudnn", "works, or is refused by name; there, the build fails"),
  base_image: ({ base_image: base }) => (base === undefined ? fieldCounterparts.base_image.difference : undefined),
  platform: same,
  pip_index: ({ pip_index: index }) => (hasLogin(index) ? fieldCounterparts.pip_index.difference : undefined),
  pip_extra_index_url: ({ pip_extra_index_url: indexes }) =>
    Array.isArray(indexes) && indexes.some(hasLogin) ? fieldCounterparts.pip_index.difference : undefined,
  pip_secret_mounts: same,
  pip_extra_args: same,
  registry_config: same,
  entrypoint: same,
  commands: whenSet("commands", "one step in the workdir, in the order of the files; there, in /"),
  tag_format: ({ tag_format: format }) => {
    if (typeof format !== "string" || format === "") return undefined;
    const isPlain = /^(?:[A-Za-z0-9_.-]|\{spec_hash\})+$/.test(format);
    return isPlain ? "the hash in it is another one" : "not carried over: specs here know {spec_hash} alone";
  },
  source_copy_mode: ({ source_copy_mode: mode }) =>
    mode === CopyMode.LOADED_MODULES
      ? "all files, under the ignore rules; there, those of imported modules"
      : undefined,
  copy: ({ copy }) => (isTruthy(copy) ? "lands in /app; there, in /root" : undefined),
  python_exec: whenSet("python_exec", "what that interpreter has is a constraint of the resolution"),
  runtime_packages: whenSet(
    "runtime_packages",
    "in the image and its fingerprint; there, the task alone knows of them",
  ),
  builder_options: whenSet("builder_options", "not carried over: options are of a builder that is named"),
  builder_config: whenSet("builder_config", "not carried over: it belongs into the configuration file"),
};

/** What a field of a spec has here that it has not there. */
export function findDifference(field: FlytekitField, spec: ConstructedSpec): string | undefined {
  return finders[field](spec);
}

function isTouched([key, value]: readonly [unknown, unknown]): boolean {
  return typeof key !== "string" || typeof value !== "string" || /[\s"'\\$]/.test(value);
}

function hasLogin(url: unknown): boolean {
  return typeof url === "string" && /^\w+:\/\/[^/]*@/.test(url);
}
