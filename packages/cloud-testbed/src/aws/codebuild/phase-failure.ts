import type { PhaseStatus } from "./build-view.ts";

/** Why a phase does not succeed, as its context says it. */
export class PhaseFailure extends Error {
  readonly statusCode: string;
  readonly status: PhaseStatus;

  constructor(statusCode: string, message: string, status: PhaseStatus = "FAILED") {
    super(message);
    this.name = "PhaseFailure";
    this.statusCode = statusCode;
    this.status = status;
  }
}
