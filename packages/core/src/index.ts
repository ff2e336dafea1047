export type {
  BaseImage,
  BuildOutcome,
  BuildRequest,
  ImageSpecBuilder,
  Resolver,
  SelectionContext,
} from "./builder/builder.ts";
export { contractVersion } from "./builder/builder.ts";
export type { Capability } from "./builder/capabilities.ts";
export { capabilities } from "./builder/capabilities.ts";
export { decline } from "./builder/decline.ts";
export type { CacheOptions } from "./builder/decorators/with-cache.ts";
export { withCache } from "./builder/decorators/with-cache.ts";
export { withConcurrencyLimit } from "./builder/decorators/with-concurrency-limit.ts";
export type { RecordedBuild } from "./builder/decorators/with-recorder.ts";
export { withRecorder } from "./builder/decorators/with-recorder.ts";
export type { RetryOptions } from "./builder/decorators/with-retry.ts";
export { withRetry } from "./builder/decorators/with-retry.ts";
export { withTimeout } from "./builder/decorators/with-timeout.ts";
export type { BuilderDefinition } from "./builder/define-builder.ts";
export { defineBuilder } from "./builder/define-builder.ts";
export type { IndexOption } from "./builder/index-option.ts";
export { readIndexOption } from "./builder/index-option.ts";
export type { LockedBase, LockRequest } from "./builder/locked-base.ts";
export type { BuildOutput } from "./builder/output.ts";
export type {
  BuilderFactory,
  CliCommand,
  CliContext,
  CliPlugin,
  DoctorCheck,
  DoctorFinding,
  PluginManifest,
  RegistriesFactory,
} from "./builder/plugin.ts";
export { priorities } from "./builder/priorities.ts";
export type {
  PackageResolution,
  ResolvedDistribution,
  ResolvedSdist,
  ResolvedWheel,
  SourceDistribution,
  TargetEnvironment,
  WheelDistribution,
} from "./builder/resolver.ts";
export type { Availability, BuildVerdict, ExistingImage } from "./builder/verdict.ts";
export type { RegisteredBuilder, RegisterOptions } from "./builder-registry/builder-registry.ts";
export { BuilderRegistry } from "./builder-registry/builder-registry.ts";
export { defaultBuilderRegistry, registerBuilder } from "./builder-registry/default-builder-registry.ts";
export type { BuildersConfig, DiscoveredPlugin, DiscoverOptions, PluginProblem } from "./discovery/discover-plugins.ts";
export { discoverPlugins } from "./discovery/discover-plugins.ts";
export { parsePluginManifest } from "./discovery/plugin-manifest.ts";
export type {
  BuildInput,
  BuildOptions,
  EngineOptions,
  OutputChoice,
  SecretReader,
  TagChoice,
} from "./engine/build-options.ts";
export type { BuildPlan, PlannedImage } from "./engine/build-plan.ts";
export type { Existence, ExistencePolicy } from "./engine/existence.ts";
export type { Drift } from "./engine/find-drift.ts";
export type { BuildAllOptions, SettledBuild } from "./engine/image-build-engine.ts";
export { ImageBuildEngine } from "./engine/image-build-engine.ts";
export { imageKeys } from "./engine/image-keys.ts";
export type { ImageResult } from "./engine/image-result.ts";
export type { LockOptions, LockResult, LockStatus } from "./engine/lock-result.ts";
export type { LockInput } from "./engine/lock-specs.ts";
export type { RequiredCapability } from "./engine/required-capabilities.ts";
export { requiredCapabilities } from "./engine/required-capabilities.ts";
export type { BuilderVerdict, Selection } from "./engine/selection.ts";
export type {
  BuildEvent,
  BuilderEvent,
  DoneEvent,
  LogEvent,
  RetryEvent,
  StartedEvent,
  StepEvent,
  StepState,
  TransferEvent,
  WarningEvent,
} from "./events/events.ts";
export { canonicalJson } from "./fingerprint/canonical-json.ts";
export { fingerprintContent, fingerprintVersion } from "./fingerprint/fingerprint-content.ts";
export { platformSpec } from "./fingerprint/fingerprint-spec.ts";
export { imageId } from "./fingerprint/image-id.ts";
export { loadSpecFile } from "./loaders/load-spec-file.ts";
export type { LoadedSpec, SpecFile, SpecLocation } from "./loaders/loaded-spec.ts";
export type { ParseSpecTextOptions } from "./loaders/parse-spec-text.ts";
export { parseSpecText } from "./loaders/parse-spec-text.ts";
export type { LockInputChange } from "./lock/compare-lock-inputs.ts";
export { describeInputChange } from "./lock/compare-lock-inputs.ts";
export type { DistributionChange } from "./lock/compare-locks.ts";
export type { LockedFields, LockInputs, LockInputValue } from "./lock/lock-inputs.ts";
export { lockInputs } from "./lock/lock-inputs.ts";
export type { LockedDistribution, LockMeaning, OwnLock } from "./lock/lock-meaning.ts";
export type { LockSelection } from "./lock/lock-selection.ts";
export { lockFileName } from "./lock/own-lock.ts";
export { readLock } from "./lock/read-lock.ts";
export type { EngineAddress } from "./outputs/detect.ts";
export { detectEngineAddress, engineAddress } from "./outputs/detect.ts";
export type { DockerEngine } from "./outputs/docker-engine.ts";
export { dockerEngine } from "./outputs/docker-engine.ts";
export type { EngineCertificates } from "./outputs/engine-certificates.ts";
export type { EngineAnswer, EngineRequest } from "./outputs/engine-connection.ts";
export { askEngine } from "./outputs/engine-connection.ts";
export { engineConnectionError } from "./outputs/engine-connection-error.ts";
export type { EngineDial } from "./outputs/engine-dial.ts";
export { engineDial } from "./outputs/engine-dial.ts";
export type { ImageRecords } from "./outputs/image-records.ts";
export { recordType, registryRecords } from "./outputs/registry-records.ts";
export { storeRecords } from "./outputs/store-records.ts";
export type { SourceFile, SourceTree } from "./source/source-tree.ts";
export { debianPythonVersions, defaultPlatform, defaultPythonVersion, defaultWorkdir } from "./spec/defaults.ts";
export { defaultImageName, formatImageName, imageName } from "./spec/image-name.ts";
export type { OneOrMore } from "./spec/image-spec.ts";
export { ImageSpec } from "./spec/image-spec.ts";
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
export { isOwnWorkdir } from "./spec/own-workdir.ts";
export type { ProfileLayout } from "./spec/profile-layout.ts";
export { profileEnv, profileLayout, venvLinks } from "./spec/profile-layout.ts";
export { fillTagFormat } from "./spec/reference-checks.ts";
export type { Requirement } from "./spec/requirement.ts";
export { formatRequirement, isRequirement, normalizePackageName, parseRequirement } from "./spec/requirement.ts";
export type { ResolveOptions } from "./spec/resolve-image-spec.ts";
export { resolveImageSpec } from "./spec/resolve-image-spec.ts";
export type { ResolvedBase, ResolvedImageSpec, ResolvedRequirementsFile } from "./spec/resolved-spec.ts";
export { SecretValue } from "./spec/secret-value.ts";
export type { SpecField } from "./spec/spec-fields.ts";
export { specFields } from "./spec/spec-fields.ts";
