import type { ImageSpecError } from "@imagespec/errors";
import { AttemptFailure, parseRetryAfter } from "./retry.ts";
import type { FailedAnswer } from "./status-error.ts";

/** An attempt that brought a status that is no answer to the call. */
export class StatusFailure extends AttemptFailure {
  readonly answer: FailedAnswer;

  constructor(error: ImageSpecError, answer: FailedAnswer) {
    super(error, { retry: isTransient(answer.status), retryAfterMs: parseRetryAfter(answer.retryAfter) });
    this.answer = answer;
  }

  /** Other credentials may help: 401, and the 403 by which Amazon ECR says that a login has expired. */
  get isRefusal(): boolean {
    const { body, status } = this.answer;
    return status === 401 || (status === 403 && /authorization token has expired/i.test(body));
  }

  /** What the TLS servers of Go and nginx answer to plain HTTP. */
  get saysTls(): boolean {
    return this.answer.status === 400 && /HTTP request (was sent )?to (an )?HTTPS/i.test(this.answer.body);
  }
}

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}
