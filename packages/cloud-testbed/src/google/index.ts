export type { AccessToken } from "./auth/create-tokens.ts";
export type { Build, BuildStatus, BuildStep, FailureType } from "./build/build.ts";
export type { BuildScript } from "./build/build-script.ts";
export type { Denial } from "./gate/denials.ts";
export type { GoogleFault } from "./gate/faults.ts";
export type { GoogleOperation, RecordedRequest } from "./gate/gate.ts";
export type { ErrorInfo, GoogleStatus } from "./google-error.ts";
export type { FakeGoogle, FakeGoogleEndpoints, FakeGoogleOptions, GoogleApi } from "./start-fake-google.ts";
export { startFakeGoogle } from "./start-fake-google.ts";
