export type { EventRecorder } from "./event-recorder.ts";
export { createEventRecorder } from "./event-recorder.ts";
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
