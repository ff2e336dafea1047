import { defineErrors, ImageSpecError } from "@imagespec/errors";

defineErrors("FLYTEKIT", {
  FLYTEKIT_SPEC: {
    origin: "spec",
    summary: "a flytekit spec that flytekit itself refuses; `details.python` has its exception",
  },
  FLYTEKIT_TAG: {
    origin: "spec",
    summary: "a flytekit spec whose tag flytekit cannot compute; `details.python` has its exception",
  },
  FLYTEKIT_TAG_DIFFERS: { origin: "spec", summary: "the tag that flytekit computed is not the one computed here" },
  FLYTEKIT_UNSUPPORTED: { origin: "spec", summary: "a value of a flytekit spec that has no meaning here" },
});

interface Failure {
  /** Python's exception: `ValueError`. */
  readonly type: string;
  /** What it says there. */
  readonly text: string;
  readonly field?: string | undefined;
  readonly hint?: string | undefined;
}

/** The error for what flytekit refuses when a spec is made, with its own exception in `details.python`. */
export function specFailure(failure: Failure): ImageSpecError {
  return pythonFailure("FLYTEKIT_SPEC", "construct", failure);
}

/** The error for what keeps flytekit from computing a tag, with its own exception in `details.python`. */
export function tagFailure(failure: Failure): ImageSpecError {
  return pythonFailure("FLYTEKIT_TAG", "tag", failure);
}

function pythonFailure(
  code: "FLYTEKIT_SPEC" | "FLYTEKIT_TAG",
  stage: "construct" | "tag",
  { type, text, field, hint }: Failure,
): ImageSpecError {
  const message = `flytekit ends with ${type}: ${text.trim().split("\n", 1)[0]}`;
  return new ImageSpecError(code, message, {
    hint: hint ?? "correct the spec: flytekit itself refuses it",
    details: { python: { stage, type, message: text } },
    ...(field === undefined ? {} : { problems: [{ code, path: field, message }] }),
  });
}
