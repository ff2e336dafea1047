import type { BuildStatus, FailureType } from "./build.ts";

/** What one build does otherwise than by itself. */
export interface BuildScript {
  /** GetBuild does not find it so many times, as right after its creation. @default 0 */
  readonly notFoundReads?: number;
  /** What GetBuild shows first in place of the status, each once: `"PENDING"`, `99`. */
  readonly shows?: readonly (string | number)[];
  /** Milliseconds in the queue; `Infinity` waits for `queueTtl` or an end. @default that of the fake */
  readonly queueMs?: number;
  /** Instead of running its steps it ends like this. */
  readonly ends?: {
    readonly status: BuildStatus;
    readonly statusDetail?: string;
    readonly failureInfo?: { readonly type: FailureType; readonly detail: string };
  };
  /** `"none"` leaves the images out of the results; a digest stands there for that of every image. */
  readonly digests?: "none" | string;
  readonly log?: {
    /** Milliseconds until the log object appears. @default 0 */
    readonly delayMs?: number;
    /** Bytes by which the object grows at most at a time, so that characters are cut in two. @default no limit */
    readonly growBy?: number;
  };
}
