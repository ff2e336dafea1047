import { defaultProfile, defaultWorkdir } from "../spec/defaults.ts";
import type { Json } from "../spec/json.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./sha256-hex.ts";
import { sourceFingerprint } from "./source-fingerprint.ts";

/** What a change of the fingerprint rules raises; the digit of every default tag. */
export const fingerprintVersion = 1;

/** What the fingerprint is computed from. */
export type ContentInput = Omit<
  ResolvedImageSpec,
  "fingerprint" | "platformFingerprints" | "fieldFingerprints" | "floating" | "tag" | "id"
>;

/**
 * The content of a spec for one platform: what its fingerprint is the hash of.
 *
 * A field at its default is left out, so that a field that a later version adds does not move the tags of specs without it.
 */
export function fingerprintContent(spec: ContentInput, platform: string): Json {
  const content: Record<string, Json> = {
    version: fingerprintVersion,
    contract: spec.contract,
    platform,
    python: spec.pythonVersion ?? "from-base",
    base: baseContent(spec, platform),
  };
  const add = (name: string, value: Json | undefined) => {
    if (value === undefined || value === null || value === false) return;
    if (Array.isArray(value) ? value.length === 0 : typeof value === "object" && Object.keys(value).length === 0)
      return;
    content[name] = value;
  };
  if (spec.part !== "whole") content["part"] = spec.part;
  add("pythonExec", spec.pythonExec);
  add("packages", spec.requirementLines);
  add("constraints", spec.constraintLines);
  if (spec.lock !== undefined) {
    content["lock"] = {
      // By platform, so that another platform in the lock does not move the tags of those that are built.
      meaning: spec.lock.own?.platformFingerprints[platform] ?? spec.lock.fingerprint,
      groups: spec.requirements?.groups ?? [],
      extras: spec.requirements?.extras ?? [],
    };
  }
  add("pipIndex", spec.pipIndex);
  add("pipExtraIndexUrl", spec.pipExtraIndexUrl);
  add("pipExtraArgs", spec.pipExtraArgs);
  add("excludeNewer", spec.excludeNewer);
  add("condaPackages", spec.condaPackages);
  add("condaChannels", spec.condaChannels);
  add("aptPackages", spec.aptPackages);
  add("cuda", spec.cuda);
  add("cudnn", spec.cudnn);
  add(
    "commands",
    spec.commands.map(({ run, after }) => ({ run, after })),
  );
  add("env", spec.env);
  // An empty list clears what the base has: it is not the same as no list.
  if (spec.entrypoint !== undefined) content["entrypoint"] = spec.entrypoint;
  if (spec.cmd !== undefined) content["cmd"] = spec.cmd;
  add("user", spec.user);
  if (spec.workdir !== defaultWorkdir) content["workdir"] = spec.workdir;
  add("labels", spec.labels);
  if (spec.source.files.length > 0) content["source"] = sourceFingerprint(spec.source.files);
  add("runtimePackages", spec.runtimePackages);
  add("bytecode", spec.bytecode);
  if (spec.profile !== defaultProfile) content["profile"] = spec.profile;
  add(
    "secrets",
    Object.fromEntries(spec.secrets.flatMap(({ id, cacheBust }) => (cacheBust === undefined ? [] : [[id, cacheBust]]))),
  );
  if (spec.builder !== undefined && !isEmpty(spec.contentOptions)) {
    content["builder"] = { name: spec.builder, options: spec.contentOptions };
  }
  return content;
}

function baseContent(spec: ContentInput, platform: string): Json {
  const base = spec.resolvedBase;
  switch (base.kind) {
    case "reference":
      return { reference: base.reference, ...(base.digest === undefined ? {} : { digest: base.digest }) };
    case "oci-layout":
      return { digest: base.digest };
    case "scratch":
      return "scratch";
    case "debian": {
      const lock = base.lock?.[platform];
      return { debian: base.suite, ...(lock === undefined ? {} : { lock: sha256Hex(canonicalJson(lock)) }) };
    }
    case "image":
      return { image: base.image.platformFingerprints[platform] ?? base.image.fingerprint };
  }
}

function isEmpty(value: Json): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
