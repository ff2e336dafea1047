/** A copy of plain objects and lists, all the way down, that can be changed; everything else is the same value. */
export function plainCopy<T>(value: T): T {
  // Copies have the types of what they are copied from.
  if (Array.isArray(value)) return value.map(plainCopy) as T;
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainCopy(inner)])) as T;
}

/** Freezes plain objects and lists, all the way down. */
export function deepFrozen<T>(value: T): T {
  if (!Array.isArray(value) && !isPlain(value)) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}

/** Paths at which two values differ: `packages[0]`. */
export function differences(before: unknown, after: unknown, path = ""): readonly string[] {
  const pair = [before, after];
  const kinds = pair.map((value) => (Array.isArray(value) ? "list" : isPlain(value) ? "object" : "value"));
  if (kinds[0] !== kinds[1] || kinds[0] === "value") return Object.is(before, after) ? [] : [path];
  const [old, now] = pair as Readonly<Record<string, unknown>>[];
  const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})]);
  return [...keys].flatMap((key) => {
    const inner = kinds[0] === "list" ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    return differences(old?.[key], now?.[key], inner);
  });
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
