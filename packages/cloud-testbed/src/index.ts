export type { AwsCredentials } from "./aws/cloud-services-adapter.ts";
export type { BuildView, PhaseStatus, PhaseView } from "./aws/codebuild/build-view.ts";
export type { ApiFault, AwsFault, BuildFault, PhaseType, RegistryFault } from "./aws/faults.ts";
export type { AwsEndpoints, BuildLimits, FakeAws, FakeAwsOptions } from "./aws/options.ts";
export { startFakeAws } from "./aws/start-fake-aws.ts";
export type { FaultQueue, ScriptedFault } from "./shared/fault-queue.ts";
export type { RecordedRequest } from "./shared/request-log.ts";
