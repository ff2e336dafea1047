import { ImageSpecError } from "@imagespec/errors";

/** The error for a wheel that does not follow its specification. */
export function invalidWheel(filename: string, problem: string, cause?: unknown): ImageSpecError {
  return new ImageSpecError("WHEEL_INVALID", `"${filename}" ${problem}`, {
    hint: "report the wheel to its publisher and pin another version",
    details: { file: filename },
    cause,
  });
}
