import { ImageSpecError } from "@imagespec/errors";
import { satisfies, valid } from "@renovatebot/pep440";
import type { MarkerEnvironment } from "./marker-environment.ts";

/** Parentheses inside of each other. */
const maxDepth = 100;

type Operand = { readonly variable: string } | { readonly text: string };
const pattern = /\s*(?:(\(|\))|(===|==|~=|!=|<=|>=|<|>)|('[^']*'|"[^"]*")|([a-zA-Z_][a-zA-Z0-9_.]*))/y;

/**
 * Whether a dependency marker holds for a target (PEP 508, with `extras` and `dependency_groups` of PEP 751).
 *
 * @throws LOCK_INVALID for a text that is not a marker
 */
export function evaluateMarker(marker: string, environment: MarkerEnvironment): boolean {
  const tokens = tokenize(marker);
  let at = 0;
  let depth = 0;
  const fail = (): never => {
    throw notAMarker(marker);
  };
  const next = () => tokens[at++] ?? fail();
  const accept = (token: string) => tokens[at] === token && at++ >= 0;

  const either = (): boolean => {
    let value = both();
    while (accept("or")) value = both() || value;
    return value;
  };
  const both = (): boolean => {
    let value = single();
    while (accept("and")) value = single() && value;
    return value;
  };
  const single = (): boolean => {
    if (accept("(")) {
      if (++depth > maxDepth) fail();
      const value = either();
      depth--;
      if (!accept(")")) fail();
      return value;
    }
    const left = operand(next(), environment, fail);
    let operator = next();
    if (operator === "not") operator = next() === "in" ? "not in" : fail();
    const right = operand(next(), environment, fail);
    return compare(left, operator, right, environment) ?? fail();
  };

  const value = either();
  if (at !== tokens.length) fail();
  return value;
}

function tokenize(marker: string): readonly string[] {
  const tokens: string[] = [];
  pattern.lastIndex = 0;
  const text = marker.trim();
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw notAMarker(marker);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function notAMarker(marker: string): ImageSpecError {
  return new ImageSpecError("LOCK_INVALID", `"${marker.slice(0, 200)}" is not a dependency marker`, {
    hint: "write the lock file again with the tool that made it",
  });
}

function operand(token: string, environment: MarkerEnvironment, fail: () => never): Operand {
  if (token.startsWith("'") || token.startsWith('"')) return { text: token.slice(1, -1) };
  const variable =
    { "os.name": "os_name", "sys.platform": "sys_platform", python_implementation: "platform_python_implementation" }[
      token
    ] ?? token;
  const known =
    ["extra", "extras", "dependency_groups"].includes(variable) || Object.hasOwn(environment.variables, variable);
  return known ? { variable } : fail();
}

function compare(left: Operand, operator: string, right: Operand, environment: MarkerEnvironment): boolean | undefined {
  const sets: Readonly<Record<string, ReadonlySet<string>>> = {
    extra: environment.extras,
    extras: environment.extras,
    dependency_groups: environment.dependencyGroups,
  };
  const named = [left, right].find((side): side is { variable: string } => "variable" in side && side.variable in sets);
  if (named !== undefined) {
    const wanted = [left, right].find((side): side is { text: string } => "text" in side)?.text ?? "";
    const has = sets[named.variable]?.has(wanted) ?? false;
    if (operator === "==" || operator === "in") return has;
    return operator === "!=" || operator === "not in" ? !has : undefined;
  }
  const value = (side: Operand) => ("text" in side ? side.text : (environment.variables[side.variable] ?? ""));
  const [a, b] = [value(left), value(right)];
  if (operator === "in") return b.includes(a);
  if (operator === "not in") return !b.includes(a);
  const versions = [left, right].some(
    (side) => "variable" in side && /version$|^platform_release$/.test(side.variable),
  );
  if (
    versions &&
    operator !== "===" &&
    valid(a.replace(/\.\*$/, "")) !== null &&
    valid(b.replace(/\.\*$/, "")) !== null
  ) {
    // With the literal on the left, `"3.9" <= python_version` is turned around.
    if ("text" in left && !("text" in right)) return satisfies(b, `${mirrored[operator] ?? operator}${a}`);
    return satisfies(a, `${operator}${b}`);
  }
  switch (operator) {
    case "==":
    case "===":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      return undefined;
  }
}

const mirrored: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
