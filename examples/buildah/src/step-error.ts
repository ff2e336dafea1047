import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import type { StepReporter } from "./step-reporter.ts";

/** What the tools in a step say, and the code for it. */
const causes: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/no space left on device/i, "DISK_FULL", "free space on the disk that buildah builds on"],
  [
    /hash mismatch|requires a hash|does not match.*hash/i,
    "WHEEL_HASH_MISMATCH",
    "find out who changed the file, then lock again",
  ],
  [/401 unauthorized|403 forbidden/i, "INDEX_AUTH", "put the login of the package index into a secret"],
  [
    /unable to locate package|has no installation candidate/i,
    "DEBIAN_PACKAGE_NOT_FOUND",
    "correct the name in aptPackages",
  ],
];

/** The error for a build that ended with another exit code than 0. */
export function stepError(
  reporter: StepReporter,
  result: { readonly exitCode: number; readonly log: string },
): ImageSpecError {
  const { step, log } = reporter;
  const said = log.trim() === "" ? result.log : log;
  const field = step?.field ?? "";
  const exitCode = Number(/exit status (\d+)\s*$/.exec(result.log.trimEnd())?.[1] ?? result.exitCode);
  const [, code, hint] = (field.startsWith("commands")
    ? undefined
    : causes.find(([pattern]) => pattern.test(said))) ?? [
    undefined,
    step === undefined ? "BUILD_FAILED" : "BUILD_STEP_FAILED",
    "read the log of the step",
  ];
  const message =
    step === undefined
      ? `buildah failed: ${result.log.trim().split("\n").at(-1) ?? ""}`
      : `"${step.name}" ended with exit code ${exitCode}`;
  return new ImageSpecError(code as ErrorCode, field === "" ? message : `${field}: ${message}`, {
    hint,
    problems: field === "" ? [] : [{ code: code as ErrorCode, path: field, message, hint }],
    details: { provider: "buildah", exitCode },
    logTail: said.trimEnd().split("\n").slice(-20),
  });
}
