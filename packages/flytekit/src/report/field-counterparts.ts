import type { FlytekitField } from "../spec/flytekit-spec.ts";

/** What stands here for a field of flytekit's `ImageSpec`. */
export interface FieldCounterpart {
  /** The field of ours; nothing where the spec has none. */
  readonly ours: string;
  /** What is otherwise, and why; nothing where both mean the same. */
  readonly difference: string | undefined;
}

/** Every field of flytekit 1.15 and 1.16, in flytekit's order. */
export const fieldCounterparts: Readonly<Record<FlytekitField, FieldCounterpart>> = {
  name: { ours: "`name`", difference: "Upper case is refused rather than folded, and it is not in the fingerprint" },
  python_version: {
    ours: "`pythonVersion`",
    difference: "The default is a constant, not the Python of the machine that builds",
  },
  builder: {
    ours: "`builder`",
    difference: "Chosen when an image is built, not when the spec is made, so that plugins loaded later count",
  },
  source_root: { ours: "`sourceRoot`", difference: "Bytes, modes and paths count, with a length before each" },
  env: { ours: "`env`", difference: "Values arrive verbatim; there, spaces and `$` broke or changed them" },
  registry: { ours: "`registry`", difference: "Not in the fingerprint: the same content has the same tag everywhere" },
  packages: { ours: "`packages`", difference: "Nothing is added to them; there, flytekit itself was" },
  conda_packages: { ours: "`condaPackages`", difference: undefined },
  conda_channels: { ours: "`condaChannels`", difference: "Yours come first; there, conda-forge did" },
  requirements: {
    ours: "`requirements`",
    difference: "Included files and the pyproject.toml beside a lock count; there, they did not",
  },
  apt_packages: { ours: "`aptPackages`", difference: "Names are checked, and have no order" },
  cuda: { ours: "`cuda`", difference: "Works, or is refused by name; there, the build fails" },
  cudnn: { ours: "`cudnn`", difference: "As `cuda`" },
  base_image: {
    ours: "`baseImage`",
    difference: "The default is `python:<minor>-slim`; there, `debian:bookworm-slim` with a Python of conda-forge",
  },
  platform: {
    ours: "`platform`",
    difference: "The default is `linux/amd64` everywhere; there, it depends on machine and registry",
  },
  pip_index: { ours: "`pipIndex`", difference: "A login in the URL becomes a secret" },
  pip_extra_index_url: { ours: "`pipExtraIndexUrl`", difference: "As `pipIndex`" },
  pip_secret_mounts: {
    ours: "`pipSecretMounts`, or `secrets`",
    difference: "Known by their target, not by their position, so that their order invalidates nothing",
  },
  pip_extra_args: { ours: "`pipExtraArgs`", difference: "Options that have a field of their own are refused" },
  registry_config: { ours: "`registryConfig`", difference: undefined },
  entrypoint: { ours: "`entrypoint`", difference: undefined },
  commands: {
    ours: "`commands`",
    difference: "Run before the source is copied unless they say `after: source`, so that an edit reruns nothing",
  },
  tag_format: {
    ours: "`tagFormat`",
    difference: "`{spec_hash}` alone, and the tag is checked; there, all of Python's formats",
  },
  source_copy_mode: {
    ours: "`sourceCopyMode`",
    difference: "The default with a source root is `all`; there, `LOADED_MODULES`. Ignore rules hold for both",
  },
  copy: {
    ours: "`copy`",
    difference: "Destinations and modes count, and a missing path is an error; there, it was skipped",
  },
  python_exec: { ours: "`pythonExec`", difference: "What the interpreter has is a constraint of the resolution" },
  runtime_packages: { ours: "`runtimePackages`", difference: "In the fingerprint, since the image carries them" },
  builder_options: {
    ours: "`builderOptions`",
    difference: "Only beside a named builder; there, hashed and ignored by the default builder",
  },
  builder_config: {
    ours: "the configuration file",
    difference: "What belongs to the machine is not in a spec; there, it is hashed",
  },
};
