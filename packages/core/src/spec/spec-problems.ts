import { ImageSpecError, type SpecProblem } from "@imagespec/errors";

/** The error for one or more problems: one keeps its own code, several are SPEC_INVALID. */
export function specError(
  problems: readonly SpecProblem[],
  details: Readonly<Record<string, unknown>> = {},
): ImageSpecError {
  const [first] = problems;
  if (first === undefined) return new ImageSpecError("INTERNAL", "a spec was refused without a problem");
  const place = (problem: SpecProblem) =>
    problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`;
  if (problems.length === 1) {
    return new ImageSpecError(first.code, place(first), {
      problems,
      details: { ...details, path: first.path },
      ...(first.hint === undefined ? {} : { hint: first.hint }),
    });
  }
  return new ImageSpecError(
    "SPEC_INVALID",
    `the spec has ${problems.length} problems: ${problems.map(place).join("; ")}`,
    {
      problems,
      details,
      hint: first.hint === undefined ? "correct each of them" : `start with ${first.path || "the spec"}: ${first.hint}`,
    },
  );
}
