import { type ImageSpecError, isImageSpecError, messageOf, type SpecProblem } from "@imagespec/errors";
import { isDigest } from "@imagespec/oci";
import { decline } from "./decline.ts";
import type { Availability, BuildVerdict, ExistingImage } from "./verdict.ts";

/**
 * Reads what a builder's `shouldBuild` gave. `true` is "build"; whatever is not a verdict is a refusal that names the plugin:
 * `false` would read as both "exists" and "not mine".
 */
export function verdictOf(builder: string, answer: unknown): BuildVerdict {
  if (answer === true) return { action: "build" };
  if (typeof answer !== "object" || answer === null || !("action" in answer)) return nonsense(builder, answer);
  if (answer.action === "build") {
    const detail = "detail" in answer ? answer.detail : undefined;
    if (detail !== undefined && typeof detail !== "string") return nonsense(builder, answer);
    return detail === undefined ? { action: "build" } : { action: "build", detail };
  }
  if (answer.action === "skip") {
    const existing = "existing" in answer ? answer.existing : undefined;
    return isExistingImage(existing) ? { action: "skip", existing } : nonsense(builder, answer);
  }
  if (answer.action === "decline") {
    const problems = "problems" in answer && Array.isArray(answer.problems) ? answer.problems : [];
    if (problems.length === 0 || !problems.every(isSpecProblem)) return nonsense(builder, answer);
    return { action: "decline", problems };
  }
  return nonsense(builder, answer);
}

/** What a `shouldBuild` that threw comes to: a refusal with the error's own problems, or its message. */
export function verdictOfError(builder: string, error: unknown): BuildVerdict {
  if (isImageSpecError(error)) return { action: "decline", problems: problemsOf(error) };
  return decline("", `builder "${builder}" failed while it looked at the spec: ${messageOf(error)}`, reportTo(builder));
}

/** Reads what a builder's `isAvailable` gave: `true`, or an availability; anything else means "not available". */
export function availabilityOf(builder: string, answer: unknown): Availability {
  if (answer === true) return { available: true };
  if (typeof answer === "object" && answer !== null && "available" in answer) {
    if (answer.available === true) return { available: true };
    if (answer.available === false && "reason" in answer && "hint" in answer) {
      const { reason, hint } = answer;
      if (typeof reason === "string" && typeof hint === "string") return { available: false, reason, hint };
    }
  }
  return {
    available: false,
    reason: `builder "${builder}" answered ${show(answer)} to whether it is available`,
    hint: reportTo(builder),
  };
}

/** What an `isAvailable` that threw comes to. */
export function availabilityOfError(builder: string, error: unknown): Availability {
  const hint = isImageSpecError(error) ? error.hint : undefined;
  return { available: false, reason: messageOf(error), hint: hint ?? reportTo(builder) };
}

function problemsOf(error: ImageSpecError): readonly SpecProblem[] {
  if (error.problems.length > 0) return error.problems;
  const { code, message, hint } = error;
  return [{ code, path: "", message, ...(hint === undefined ? {} : { hint }) }];
}

function nonsense(builder: string, answer: unknown): BuildVerdict {
  return decline(
    "",
    `builder "${builder}" answered ${show(answer)}, which is no verdict`,
    `ask the authors of "${builder}" to return true, { action: "build" } or decline(path, message, hint)`,
    "BUILDER_CONTRACT",
  );
}

function isSpecProblem(value: unknown): value is SpecProblem {
  if (typeof value !== "object" || value === null) return false;
  const { code, path, message, hint } = value as Partial<Record<keyof SpecProblem, unknown>>;
  const texts = [code, path, message].every((text) => typeof text === "string");
  return texts && (hint === undefined || typeof hint === "string");
}

function isExistingImage(value: unknown): value is ExistingImage {
  if (typeof value !== "object" || value === null) return false;
  const { reference, digest, platforms, fingerprint } = value as Partial<Record<keyof ExistingImage, unknown>>;
  const listed = Array.isArray(platforms) && platforms.every((platform) => typeof platform === "string");
  return typeof reference === "string" && isDigest(digest) && listed && typeof fingerprint === "string";
}

function reportTo(builder: string): string {
  return `report this to the authors of "${builder}"`;
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  try {
    return JSON.stringify(value)?.slice(0, 80) ?? String(value);
  } catch (error) {
    // Circular values and big integers; the type is all that can be said of them.
    if (error instanceof TypeError) return typeof value;
    throw error;
  }
}
