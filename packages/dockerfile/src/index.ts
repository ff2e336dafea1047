export type { ContextEntry, ContextFile } from "./context/context-entry.ts";
export { contextTime } from "./context/context-time.ts";
export { localFiles } from "./context/local-files.ts";
export { writeContext } from "./context/write-context.ts";
export type { VertexDescription } from "./daemon-words/describe-vertex.ts";
export { describeVertex } from "./daemon-words/describe-vertex.ts";
export type { DockerfileCommand } from "./daemon-words/dockerfile-commands.ts";
export { dockerfileCommands } from "./daemon-words/dockerfile-commands.ts";
export { explainOutput } from "./daemon-words/explain-output.ts";
export type { ExplainedSpec } from "./daemon-words/failing-step.ts";
export { fieldOf } from "./daemon-words/failing-step.ts";
export type { RegistryTask } from "./daemon-words/registry-failure.ts";
export { registryFailure } from "./daemon-words/registry-failure.ts";
export { shortText } from "./daemon-words/short-text.ts";
export type { ExportedDockerfile, ExportOptions } from "./export/export-dockerfile.ts";
export { exportDockerfile, uvVersion } from "./export/export-dockerfile.ts";
export type { BaseLook } from "./export/look-at-base.ts";
export { pythonPath } from "./export/python-path.ts";
export type { PackageTarget } from "./plan/choose-python.ts";
export { packageTarget } from "./plan/choose-python.ts";
export type { CudaBase } from "./plan/cuda-base.ts";
export { cudaBase } from "./plan/cuda-base.ts";
export { cudaImage } from "./plan/cuda-image.ts";
export type {
  Dialect,
  DockerfileInput,
  DockerfileOptions,
  DockerfilePlan,
  PlannedSecret,
  PlannedStep,
} from "./plan/dockerfile-plan.ts";
export { planDockerfile } from "./plan/plan-dockerfile.ts";
export type { BaseFacts } from "./probe/base-facts.ts";
export { parseProbe } from "./probe/parse-probe.ts";
export { planProbe } from "./probe/plan-probe.ts";
export type { StepNotes } from "./steps/step-reporter.ts";
export { StepReporter } from "./steps/step-reporter.ts";
