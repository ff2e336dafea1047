import { ImageSpecError, isImageSpecError, messageOf, redact } from "@imagespec/errors";

/**
 * What a builder's failure becomes for the caller: an ImageSpecError with the builder's name, the log's last lines, and
 * everything redacted, also what was read after the error was made.
 */
export function buildError(error: unknown, builder: string, logTail: readonly string[]): ImageSpecError {
  if (!isImageSpecError(error)) {
    return new ImageSpecError("BUILD_FAILED", `builder "${builder}" failed: ${messageOf(error)}`, {
      hint: `report this to the authors of "${builder}", with the log`,
      cause: error,
      details: { builder },
      logTail,
    });
  }
  const { code, origin, hint, problems, cause, details } = error;
  return new ImageSpecError(code, error.message, {
    origin,
    problems,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
    // What redactValue makes of a record is one.
    details: redactValue({ builder, ...details }) as Readonly<Record<string, unknown>>,
    logTail: error.logTail.length > 0 ? error.logTail : logTail,
  });
}

/** Any failure as an ImageSpecError; what has no code of its own is a defect. */
export function toImageSpecError(error: unknown): ImageSpecError {
  if (isImageSpecError(error)) return error;
  return new ImageSpecError("INTERNAL", `an unexpected error: ${messageOf(error)}`, {
    hint: "report this, with the stack of its cause",
    cause: error,
  });
}

function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactValue(inner)]));
}
