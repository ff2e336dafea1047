import { createFaultQueue, type FaultQueue, type ScriptedFault } from "../../shared/fault-queue.ts";
import { type ErrorInfo, GoogleError, type GoogleStatus } from "../google-error.ts";
import { ConnectionDropped } from "../http/serve-http.ts";
import type { GoogleOperation } from "./gate.ts";

/** Something that goes wrong on purpose. */
export interface GoogleFault extends ScriptedFault {
  readonly op: GoogleOperation;
  /** An error, or `"drop"`: the connection is cut. */
  readonly error: GoogleStatus | "drop";
  /** @default a text that says it was scripted */
  readonly message?: string;
  readonly info?: ErrorInfo;
  /** Whether the work is done all the same and only its answer is lost. @default false */
  readonly answerLost?: boolean;
}

/** The scripted faults of one fake. */
export type GoogleFaults = FaultQueue<GoogleFault>;

export function createFaults(): GoogleFaults {
  return createFaultQueue<GoogleFault>();
}

/** What a caller sees of a fault. */
export function failureOf(fault: GoogleFault): GoogleError | ConnectionDropped {
  if (fault.error === "drop") return new ConnectionDropped("scripted");
  return new GoogleError(fault.error, fault.message ?? "scripted by the test", fault.info);
}
