export type { ImageFile } from "./contents/image-file.ts";
export type { LayerFilesOptions } from "./contents/layer-files.ts";
export { layerFiles } from "./contents/layer-files.ts";
export { resolveInImage } from "./contents/resolve-in-image.ts";
export { checkImageContract } from "./contract/check-image-contract.ts";
export type { ContractExpectation, ContractViolation } from "./contract/expectation.ts";
export { freePort } from "./process/free-port.ts";
export type { RunOptions, RunResult } from "./process/run.ts";
export { run } from "./process/run.ts";
export type { TemporaryFolder } from "./process/temporary-folder.ts";
export { temporaryFolder } from "./process/temporary-folder.ts";
export type { SkippableTest } from "./stack/require-stack.ts";
export { requireStack } from "./stack/require-stack.ts";
export type {
  DockerOptions,
  Stack,
  StackBuildkit,
  StackEngine,
  StackEngineName,
  StackFacts,
  StackPython,
} from "./stack/stack.ts";
export type { StackOptions } from "./stack/start-stack.ts";
export { startStack } from "./stack/start-stack.ts";
export type { ImageFinding } from "./validate/finding.ts";
export type { ImageSelector } from "./validate/validate-image.ts";
export { validateImage } from "./validate/validate-image.ts";
