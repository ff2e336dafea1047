import { type ErrorCode, type ErrorOrigin, originOf } from "./catalogue.ts";
import { redact } from "./redact.ts";

/** One thing that is wrong with a spec, addressed by the field it is in. */
export interface SpecProblem {
  readonly code: ErrorCode;
  /** Field path as the user would write it: `packages[3]`, `env.PATH`, `secrets[0].from`. Empty for the whole spec. */
  readonly path: string;
  /** Lower case, no full stop, repeats the offending value in quotes. */
  readonly message: string;
  /** What to do; starts with a verb. */
  readonly hint?: string;
}

/** What an {@link ImageSpecError} says beside code and message. */
export interface ImageSpecErrorOptions {
  /** @default the origin of the code in the catalogue */
  readonly origin?: ErrorOrigin;
  /** What to do; starts with a verb. */
  readonly hint?: string;
  readonly problems?: readonly SpecProblem[];
  readonly cause?: unknown;
  /** Facts for programs: `{ provider, host, status, file, step, … }`. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The last lines of the log, oldest first. */
  readonly logTail?: readonly string[];
}

const brand = Symbol.for("dev.imagespec.error");

/**
 * The one error class of imagespec: a stable code, where the failure lies, and the way out.
 *
 * Message and hint pass the redaction of {@link redact} on construction.
 */
export class ImageSpecError extends Error {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly hint: string | undefined;
  readonly problems: readonly SpecProblem[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly logTail: readonly string[];

  constructor(code: ErrorCode, message: string, options: ImageSpecErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.origin = options.origin ?? originOf(code);
    this.hint = options.hint === undefined ? undefined : redact(options.hint);
    this.problems = (options.problems ?? []).map((problem) => ({
      ...problem,
      message: redact(problem.message),
      ...(problem.hint === undefined ? {} : { hint: redact(problem.hint) }),
    }));
    this.details = options.details ?? {};
    this.logTail = (options.logTail ?? []).map(redact);
    Object.defineProperty(this, brand, { value: true });
  }

  /** Plain data for JSON output; the cause is reduced to its message. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      origin: this.origin,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.problems.length === 0 ? {} : { problems: this.problems }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
      ...(this.logTail.length === 0 ? {} : { logTail: this.logTail }),
      ...(this.cause === undefined ? {} : { cause: redact(messageOf(this.cause)) }),
    };
  }
}

Object.defineProperty(ImageSpecError.prototype, "name", {
  value: "ImageSpecError",
  writable: true,
  configurable: true,
});

/** Whether a value is an {@link ImageSpecError}, of any installed copy of this package, optionally with this code. */
export function isImageSpecError(value: unknown, code?: ErrorCode): value is ImageSpecError {
  if (!(value instanceof Error) || !(brand in value)) return false;
  return code === undefined || ("code" in value && value.code === code);
}

/**
 * The message of anything that can be thrown. The messages inside an AggregateError stand in for its own, which Node.js leaves
 * empty when no address of a host could be reached.
 */
export function messageOf(value: unknown): string {
  if (value instanceof AggregateError && value.message === "" && value.errors.length > 0)
    return [...new Set(value.errors.filter((inner) => inner !== value).map(messageOf))].join("; ");
  if (value instanceof Error) return value.message === "" ? (codeOf(value) ?? value.name) : value.message;
  if (typeof value !== "object" || value === null) return String(value);
  if ("message" in value && typeof value.message === "string") return value.message;
  return Object.prototype.toString.call(value);
}

function codeOf(value: object): string | undefined {
  return "code" in value && typeof value.code === "string" ? value.code : undefined;
}

/**
 * The `code` of a Node.js system error (`ENOENT`, `ECONNREFUSED`), looking through its causes. The codes of imagespec's own
 * errors are passed over, though some start with an E.
 */
export function systemCodeOf(value: unknown): string | undefined {
  for (let current = value, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth++) {
    const code = isImageSpecError(current) ? undefined : codeOf(current);
    if (code !== undefined && /^E[A-Z0-9_]+$/.test(code)) return code;
    if (current instanceof AggregateError) {
      for (const inner of current.errors) {
        const found = inner === current ? undefined : systemCodeOf(inner);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

/** Throws `ABORTED` when the signal has been triggered. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** The `ABORTED` error (or the `BUILD_TIMEOUT` that caused the abort) for a triggered signal. */
export function abortedError(signal?: AbortSignal): ImageSpecError {
  const reason: unknown = signal?.reason;
  if (isImageSpecError(reason)) return reason;
  return new ImageSpecError("ABORTED", "the operation was aborted", reason === undefined ? {} : { cause: reason });
}
