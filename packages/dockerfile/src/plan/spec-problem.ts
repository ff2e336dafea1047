import { type ErrorCode, ImageSpecError } from "@imagespec/errors";

/** An error about one field of the spec. */
export function specProblem(code: ErrorCode, path: string, message: string, hint: string): ImageSpecError {
  return new ImageSpecError(code, message, { hint, problems: [{ code, path, message, hint }] });
}
