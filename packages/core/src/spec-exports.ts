/* What this package exports of specs, locks, sources, loaders and fingerprints; `index.ts` lists it by name. */
export { canonicalJson } from "./fingerprint/canonical-json.ts";
export { fingerprintContent, fingerprintVersion } from "./fingerprint/fingerprint-content.ts";
export { platformSpec } from "./fingerprint/fingerprint-spec.ts";
export { imageId } from "./fingerprint/image-id.ts";
export { loadSpecFile } from "./loaders/load-spec-file.ts";
export type { LoadedSpec, SpecFile, SpecLocation } from "./loaders/loaded-spec.ts";
export { type ParseSpecTextOptions, parseSpecText } from "./loaders/parse-spec-text.ts";
export { type LockedFields, type LockInputs, lockInputs } from "./lock/lock-inputs.ts";
export type { LockedDistribution, LockMeaning } from "./lock/lock-meaning.ts";
export type { LockSelection } from "./lock/lock-selection.ts";
export { lockFileName } from "./lock/own-lock.ts";
export { readLock } from "./lock/read-lock.ts";
export type { SourceFile, SourceTree } from "./source/source-tree.ts";
export { debianPythonVersions, defaultPlatform, defaultPythonVersion, defaultWorkdir } from "./spec/defaults.ts";
export { defaultImageName, formatImageName, imageName } from "./spec/image-name.ts";
export { ImageSpec, type OneOrMore } from "./spec/image-spec.ts";
export type {
  CommandInput,
  CommandPhase,
  CopyEntry,
  DebianBase,
  DebianSuite,
  ImageProfile,
  ImageSpecInput,
  RequirementsFile,
  SecretInput,
  SecretSource,
  SecretStep,
  SourceCopyMode,
} from "./spec/image-spec-input.ts";
export { imageSpecSchema } from "./spec/image-spec-schema.ts";
export { isContainer } from "./spec/is-container.ts";
export type { Json } from "./spec/json.ts";
export { normalizeImageSpec } from "./spec/normalize-image-spec.ts";
export type {
  IndexCredential,
  NormalizedBase,
  NormalizedCommand,
  NormalizedCopy,
  NormalizedImageSpec,
  NormalizedRequirements,
  NormalizedSecret,
  RequirementsKind,
} from "./spec/normalized-spec.ts";
export { fillTagFormat } from "./spec/reference-checks.ts";
export {
  formatRequirement,
  isRequirement,
  normalizePackageName,
  parseRequirement,
  type Requirement,
} from "./spec/requirement.ts";
export { type ResolveOptions, resolveImageSpec } from "./spec/resolve-image-spec.ts";
export type { ResolvedBase, ResolvedImageSpec, ResolvedRequirementsFile } from "./spec/resolved-spec.ts";
export { SecretValue } from "./spec/secret-value.ts";
export { type SpecField, specFields } from "./spec/spec-fields.ts";
