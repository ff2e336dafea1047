import { defaultProfile, defaultWorkdir } from "../spec/defaults.ts";
import type { ImageSpec } from "../spec/image-spec.ts";
import type { Json } from "../spec/json.ts";
import { normalizeImageSpec } from "../spec/normalize-image-spec.ts";
import type { NormalizedBase, NormalizedImageSpec } from "../spec/normalized-spec.ts";
import { base32 } from "./base32.ts";
import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./sha256-hex.ts";

/**
 * A hash of what a spec says, without reading a file: baked into its images as `IMAGESPEC_ID`.
 *
 * Not in it: location, platforms, builder, secrets and the source folder, which tools give at build time; and fields at their
 * default, so that the versions of this package on two machines agree.
 */
export function imageId(spec: ImageSpec | NormalizedImageSpec): string {
  const hex = sha256Hex(canonicalJson(idContent(normalizeImageSpec(spec))));
  return base32(Buffer.from(hex.slice(0, 40), "hex"));
}

function idContent(spec: NormalizedImageSpec): Json {
  const fields: Record<string, Json | undefined> = {
    pythonVersion: spec.pythonVersion,
    pythonExec: spec.pythonExec,
    base: baseContent(spec.base),
    packages: spec.packages,
    requirements:
      spec.requirements === undefined
        ? undefined
        : { file: spec.requirements.file, groups: spec.requirements.groups, extras: spec.requirements.extras },
    pipIndex: spec.pipIndex,
    pipExtraIndexUrl: spec.pipExtraIndexUrl,
    pipExtraArgs: spec.pipExtraArgs,
    excludeNewer: spec.excludeNewer,
    condaPackages: spec.condaPackages,
    condaChannels: spec.condaChannels,
    aptPackages: spec.aptPackages,
    cuda: spec.cuda,
    cudnn: spec.cudnn,
    commands: spec.commands.map(({ run, after }) => ({ run, after })),
    env: spec.env,
    user: spec.user,
    workdir: spec.workdir === defaultWorkdir ? undefined : spec.workdir,
    labels: spec.labels,
    copy: spec.copy.map(({ from, to }) => ({ from, to })),
    runtimePackages: spec.runtimePackages,
    bytecode: spec.bytecode ? true : undefined,
    profile: spec.profile === defaultProfile ? undefined : spec.profile,
  };
  const given = Object.entries(fields).filter(
    (entry): entry is [string, Json] =>
      entry[1] !== undefined &&
      !(typeof entry[1] === "object" && entry[1] !== null && Object.keys(entry[1]).length === 0),
  );
  return {
    ...Object.fromEntries(given),
    ...(spec.entrypoint === undefined ? {} : { entrypoint: spec.entrypoint }),
    ...(spec.cmd === undefined ? {} : { cmd: spec.cmd }),
  };
}

function baseContent(base: NormalizedBase): Json {
  switch (base.kind) {
    case "reference":
      return { reference: base.reference };
    case "oci-layout":
      return { layout: base.path, ...(base.name === undefined ? {} : { name: base.name }) };
    case "scratch":
      return "scratch";
    case "debian":
      return { debian: base.suite };
    case "spec":
      return { spec: idContent(base.spec) };
  }
}
