import type { BuildStatus, FailureType } from "./build.ts";

/** Ends a build by what happened in it. */
export class BuildFailure extends Error {
  readonly type: FailureType | undefined;
  readonly status: BuildStatus;

  constructor(type: FailureType | undefined, message: string, status: BuildStatus = "FAILURE") {
    super(message);
    this.name = "BuildFailure";
    this.type = type;
    this.status = status;
  }
}

/** The reason of the abort that ends a build from outside: its time is over, or somebody cancelled it. */
export class BuildEnded extends Error {
  readonly status: BuildStatus;

  constructor(status: BuildStatus) {
    super(`the build has ended as ${status}`);
    this.name = "BuildEnded";
    this.status = status;
  }
}
