import { defineErrors, ImageSpecError } from "@imagespec/errors";

defineErrors("CLI", {
  CLI_USAGE: { origin: "spec", summary: "a command line that the command does not accept" },
});

/** `CLI_USAGE`: the command line cannot be understood. */
export function usageError(message: string, hint: string): ImageSpecError {
  return new ImageSpecError("CLI_USAGE", message, { hint });
}
