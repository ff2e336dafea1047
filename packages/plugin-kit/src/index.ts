export type { RegistryServer, RegistryServerOptions } from "@imagespec/registry-server";
export { startRegistryServer } from "@imagespec/registry-server";
export type { ComparedImage } from "./conformance/compare-images.ts";
export { compareImages } from "./conformance/compare-images.ts";
export type { ConformanceGroup } from "./conformance/conformance-case.ts";
export type { ConformanceOptions } from "./conformance/conformance-options.ts";
export type { ConformanceReport, ConformanceResult } from "./conformance/report.ts";
export { formatConformance } from "./conformance/report.ts";
export type { RunConformanceOptions } from "./conformance/run-conformance.ts";
export { runConformance } from "./conformance/run-conformance.ts";
export type { ConformanceSettings, ServeWheels } from "./conformance/settings.ts";
export type { TestBuilderOptions, TestFunction } from "./conformance/test-builder.ts";
export { testBuilder } from "./conformance/test-builder.ts";
export type { ImageFile } from "./contents/image-file.ts";
export type { LayerFilesOptions } from "./contents/layer-files.ts";
export { layerFiles } from "./contents/layer-files.ts";
export { resolveInImage } from "./contents/resolve-in-image.ts";
export { checkImageContract } from "./contract/check-image-contract.ts";
export type { ContractExpectation, ContractViolation } from "./contract/expectation.ts";
export type { EventRecorder } from "./event-recorder.ts";
export { createEventRecorder } from "./event-recorder.ts";
export type { FakeBuilderOptions, FakeStep } from "./fake-builder/create-fake-builder.ts";
export { createFakeBuilder, fakeCapabilities } from "./fake-builder/create-fake-builder.ts";
export type {
  ConnectionFault,
  ContentFault,
  ExchangeHalf,
  Fault,
  FaultMatch,
  FaultRule,
  RegistryFault,
  StatusFault,
  TimingFault,
} from "./fault-proxy/fault.ts";
export type { RecordedRequest } from "./fault-proxy/recorded-request.ts";
export type { FaultProxy, FaultProxyOptions } from "./fault-proxy/start-fault-proxy.ts";
export { startFaultProxy } from "./fault-proxy/start-fault-proxy.ts";
export type { LayerEntry } from "./layer/layer-entry.ts";
export type { ImageFinding } from "./validate/finding.ts";
export type { ImageSelector } from "./validate/validate-image.ts";
export { validateImage } from "./validate/validate-image.ts";
