import { GoogleError } from "../google-error.ts";
import type { Build, Seconds } from "./build.ts";

type Predicate = (build: Build) => boolean;

const tokens = /\s*(?:(\(|\))|(AND|OR|NOT)\b|([\w.]+)\s*(!=|<=|>=|=|<|>|:)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s()"=<>!]+)))/y;

/**
 * The filter of ListBuilds, as far as it is documented ("Viewing build results", filter expressions): comparisons of `tags`, `status`,
 * `build_id`, `create_time` and their like, joined by AND (also unsaid), OR, NOT and parentheses.
 *
 * @throws GoogleError INVALID_ARGUMENT
 */
export function parseListFilter(text: string): Predicate {
  const stream = tokenize(text);
  let at = 0;

  const parseOr = (): Predicate => {
    const any = [parseAnd()];
    while (stream[at]?.kind === "OR") {
      at += 1;
      any.push(parseAnd());
    }
    return (build) => any.some((predicate) => predicate(build));
  };
  const parseAnd = (): Predicate => {
    const all = [parseOne()];
    for (let next = stream[at]; next !== undefined && next.kind !== "OR" && next.kind !== ")"; next = stream[at]) {
      if (next.kind === "AND") at += 1;
      all.push(parseOne());
    }
    return (build) => all.every((predicate) => predicate(build));
  };
  const parseOne = (): Predicate => {
    const token = stream[at];
    at += 1;
    if (token?.kind === "NOT") {
      const not = parseOne();
      return (build) => !not(build);
    }
    if (token?.kind === "(") {
      const inner = parseOr();
      if (stream[at]?.kind !== ")") throw invalid(text);
      at += 1;
      return inner;
    }
    if (token?.compare === undefined) throw invalid(text);
    return token.compare;
  };

  if (stream.length === 0) return () => true;
  const predicate = parseOr();
  if (at !== stream.length) throw invalid(text);
  return predicate;
}

interface Token {
  readonly kind: string;
  readonly compare?: Predicate;
}

function tokenize(text: string): readonly Token[] {
  const found: Token[] = [];
  tokens.lastIndex = 0;
  while (tokens.lastIndex < text.trimEnd().length) {
    const match = tokens.exec(text);
    if (match === null) throw invalid(text);
    const [, parenthesis, word, field = "", operator = "", quoted, bare] = match;
    if (parenthesis ?? word) found.push({ kind: parenthesis ?? word ?? "" });
    else {
      const value = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
      found.push({ kind: "comparison", compare: comparison(text, field, operator, value) });
    }
  }
  return found;
}

function comparison(text: string, field: string, operator: string, value: string): Predicate {
  const read = fields[field];
  if (read === undefined) throw invalid(text);
  return (build) => {
    const values = read(build);
    switch (operator) {
      case "=":
      case ":":
        return values.includes(value);
      case "!=":
        return !values.includes(value);
      default: {
        const [left = ""] = values;
        if (operator.startsWith("<")) return left < value || (operator === "<=" && left === value);
        return left > value || (operator === ">=" && left === value);
      }
    }
  };
}

const iso = (time: Seconds | undefined): readonly string[] =>
  time === undefined ? [] : [new Date(Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6).toISOString()];

const fields: Readonly<Record<string, (build: Build) => readonly string[]>> = {
  tags: (build) => build.tags ?? [],
  status: (build) => (build.status === undefined ? [] : [build.status]),
  id: (build) => (build.id === undefined ? [] : [build.id]),
  build_id: (build) => (build.id === undefined ? [] : [build.id]),
  trigger_id: () => [],
  create_time: (build) => iso(build.createTime),
  start_time: (build) => iso(build.startTime),
  finish_time: (build) => iso(build.finishTime),
  images: (build) => build.images ?? [],
};

function invalid(text: string): GoogleError {
  return new GoogleError("INVALID_ARGUMENT", `invalid list filter: ${text}`);
}
