import { ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import type { CommandContext } from "../command-context.ts";
import { exitCodeOf } from "../exit-codes.ts";
import type { SpecOrigin } from "./error-place.ts";
import { formatError } from "./format-error.ts";
import { styleFor } from "./style.ts";

interface ReportOptions {
  readonly isJson?: boolean;
  readonly hasNoColor?: boolean;
  readonly isVerbose?: boolean;
  readonly origin?: SpecOrigin | undefined;
}

/** Any failure as an ImageSpecError; what has no code of its own is a defect. */
export function asImageSpecError(error: unknown): ImageSpecError {
  if (isImageSpecError(error)) return error;
  return new ImageSpecError("INTERNAL", `an unexpected error: ${messageOf(error)}`, {
    hint: "report this, with the stack below",
    cause: error,
  });
}

/** Says why a command failed: to people on standard error, to programs as the last line of standard output. */
export function reportFailure(failure: unknown, context: CommandContext, options: ReportOptions = {}): ImageSpecError {
  const error = asImageSpecError(failure);
  const { stdout, stderr, env, cwd } = context;
  if (options.isJson) {
    stdout.write(`${JSON.stringify({ type: "error", exitCode: exitCodeOf(error), error })}\n`);
    return error;
  }
  const style = styleFor(stderr, env, options.hasNoColor);
  const look = { style, columns: stderr.columns || 100, cwd, origin: options.origin, isVerbose: options.isVerbose };
  stderr.write(`${formatError(error, look).join("\n")}\n`);
  return error;
}
