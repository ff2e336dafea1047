import { ImageSpecError, type SpecProblem, suggest } from "@imagespec/errors";
import type { RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import type { BuilderVerdict } from "./selection.ts";

/** `BUILDER_NOT_FOUND` for a builder that is asked for by name and not registered. */
export function builderNotFound(name: string, builders: readonly RegisteredBuilder[]): ImageSpecError {
  const names = builders.map((builder) => builder.name);
  const near = suggest(name, names);
  const registered = names.length === 0 ? "none is registered" : `registered are: ${names.join(", ")}`;
  const install = `install its package (npm install @imagespec/builder-${name})`;
  return new ImageSpecError("BUILDER_NOT_FOUND", `builder "${name}" is not registered`, {
    hint: near === undefined ? `${install}, or choose another; ${registered}` : `write "${near}"; ${registered}`,
    details: { builder: name, registered: names },
  });
}

/** `BUILDER_DECLINED` with everything that the builder asked for by name has against the spec. */
export function builderDeclined(name: string, verdicts: readonly BuilderVerdict[], target: string): ImageSpecError {
  const problems = problemsOf(verdicts, false);
  const first = problems[0];
  return new ImageSpecError(
    "BUILDER_DECLINED",
    `builder "${name}" cannot build "${target}": ${problems.map(({ message }) => message).join("; ")}`,
    {
      hint: first?.hint ?? "leave out the builder, so that another one may take the spec",
      problems,
      details: { builder: name, verdicts },
    },
  );
}

/** `NO_BUILDER` with every verdict. */
export function noBuilder(target: string, verdicts: readonly BuilderVerdict[]): ImageSpecError {
  if (verdicts.length === 0) {
    return new ImageSpecError("NO_BUILDER", `no builder is registered that could build "${target}"`, {
      hint: "install one: npm install @imagespec/builder-assemble",
      details: { verdicts },
    });
  }
  const lines = verdicts.filter(({ verdict }) => verdict.action !== "build").map(describeVerdict);
  const problems = problemsOf(verdicts, true);
  return new ImageSpecError("NO_BUILDER", `no builder takes "${target}": ${lines.join("; ")}`, {
    hint: problems.find(({ hint }) => hint !== undefined)?.hint ?? "install or configure another builder",
    problems,
    details: { verdicts },
  });
}

function describeVerdict({ builder, verdict, platforms }: BuilderVerdict): string {
  const who = `${builder} (${platforms.join(", ")})`;
  if (verdict.action === "unavailable") return `${who} is not available, ${verdict.reason}`;
  if (verdict.action !== "decline") return `${who} would build it`;
  return `${who} declined, ${verdict.problems.map(withPath).join(", ")}`;
}

function withPath({ path, message }: SpecProblem): string {
  return path === "" ? message : `${path}: ${message}`;
}

function problemsOf(verdicts: readonly BuilderVerdict[], namesBuilder: boolean): readonly SpecProblem[] {
  return verdicts.flatMap(({ builder, verdict }): readonly SpecProblem[] => {
    const name = (message: string): string =>
      namesBuilder && !message.includes(`"${builder}"`) ? `builder "${builder}": ${message}` : message;
    if (verdict.action === "unavailable") {
      return [
        {
          code: "BUILDER_DECLINED",
          path: "",
          message: `builder "${builder}" is not available: ${verdict.reason}`,
          hint: verdict.hint,
        },
      ];
    }
    if (verdict.action !== "decline") return [];
    return verdict.problems.map((problem) => ({ ...problem, message: name(problem.message) }));
  });
}
