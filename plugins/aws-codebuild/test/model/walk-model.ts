/** A schema of the SDK: a number for a simple type, a structure, a list, a map, or a function that gives one. */
type Schema = unknown;

const simple: ReadonlyMap<number, string> = new Map([
  [0, "string"],
  [1, "number"],
  [2, "boolean"],
  [4, "number"],
]);

/** What AWS allows for a member beyond its type: by the name of its structure and its own. */
export interface Rule {
  readonly values?: readonly string[];
  /** Of a text its characters, of a number itself, of a list its entries. */
  readonly least?: number;
  readonly most?: number;
  readonly pattern?: RegExp;
}

/**
 * Everything that is wrong with a request body by the service model that the SDK carries: names that do not exist, members that are
 * missing, values of another type; and by the rules for members that the SDK does not carry.
 */
export function problemsOf(body: unknown, schema: Schema, rules: Readonly<Record<string, Rule>>): readonly string[] {
  const problems: string[] = [];
  walk(body, schema, "");
  return problems;

  function walk(value: unknown, given: Schema, at: string): void {
    const known = typeof given === "function" ? (given as () => Schema)() : given;
    if (typeof known === "number") {
      if (known >= 64) walkMany(value, known & 64 ? "list" : "map", known & 63, at);
      else if (typeof value !== simple.get(known))
        problems.push(`${at} is a ${typeof value}, not a ${simple.get(known)}`);
      return;
    }
    if (!Array.isArray(known)) throw new TypeError(`no schema at ${at}: ${String(known)}`);
    const [kind, , name] = known as readonly unknown[];
    if (kind === 3) walkStructure(value, known, String(name), at);
    else if (kind === 1) walkMany(value, "list", known[4], at);
    else if (kind === 2) walkMany(value, "map", known[5], at);
    // A schema with traits of its place.
    else if (typeof kind !== "number" || known.length <= 2) walk(value, kind, at);
    else if (typeof known[4] === "number") walk(value, known[4], at);
    else throw new TypeError(`unknown schema at ${at}: ${JSON.stringify(known)}`);
  }

  function walkMany(value: unknown, kind: "list" | "map", member: Schema, at: string): void {
    if (typeof value !== "object" || value === null || Array.isArray(value) !== (kind === "list")) {
      problems.push(`${at} is no ${kind}`);
      return;
    }
    for (const [key, entry] of Object.entries(value)) walk(entry, member, `${at}[${key}]`);
  }

  function walkStructure(value: unknown, schema: readonly unknown[], name: string, at: string): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      problems.push(`${at} is no ${name}`);
      return;
    }
    const members = schema[4] as readonly string[];
    const schemas = schema[5] as readonly Schema[];
    const required = members.slice(0, (schema[6] as number | undefined) ?? 0);
    for (const member of required) if (!(member in value)) problems.push(`${at}.${member} is missing`);
    for (const [member, entry] of Object.entries(value)) {
      const index = members.indexOf(member);
      if (index < 0) problems.push(`${name} has no "${member}"`);
      else {
        walk(entry, schemas[index], `${at}.${member}`);
        check(entry, rules[`${name}.${member}`], `${at}.${member}`);
      }
    }
  }

  function check(value: unknown, rule: Rule | undefined, at: string): void {
    if (rule === undefined) return;
    const { values, least = 0, most = Number.POSITIVE_INFINITY, pattern } = rule;
    const size =
      typeof value === "number"
        ? value
        : typeof value === "object"
          ? Object.keys(value ?? {}).length
          : String(value).length;
    if (size < least || size > most) problems.push(`${at}: ${size} is not within ${least} to ${most}`);
    if (values !== undefined && !values.includes(String(value)))
      problems.push(`${at}: "${String(value)}" is no value of it`);
    if (pattern !== undefined && !pattern.test(String(value)))
      problems.push(`${at}: "${String(value)}" does not fit ${pattern}`);
  }
}
