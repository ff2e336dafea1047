type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const filled: Check = (value) => typeof value === "string" && value !== "";
const count: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** Fields of every event that a builder emits. */
const fields: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  step: {
    id: filled,
    name: filled,
    spec: optional(filled),
    state: oneOf("queued", "running", "done", "cached", "failed", "canceled"),
    ms: optional(count),
    detail: optional(text),
    error: optional(text),
  },
  log: { step: filled, stream: oneOf("out", "err"), text },
  transfer: {
    step: optional(filled),
    kind: oneOf("context", "pull", "push", "extract", "export"),
    item: filled,
    current: count,
    total: optional(count),
    unit: oneOf("byte", "item"),
  },
  warning: { message: filled, source: optional(text) },
  retry: { what: filled, attempt: count, delayMs: count, reason: filled },
};

const engineFields = ["t", "build", "builder", "platform"];

/** What is wrong with the form of an event; other types than a builder's are looked at elsewhere. */
export function eventShape(event: object): readonly string[] {
  const values = event as Readonly<Record<string, unknown>>;
  const type = String(values["type"]);
  const wanted = fields[type];
  if (wanted === undefined) return [];
  const wrong = Object.entries(wanted).filter(([name, check]) => !check(values[name]));
  const breaches = wrong.map(([name]) => `${type}.${name} is ${JSON.stringify(values[name]) ?? "missing"}`);
  const set = engineFields.filter((name) => name in values);
  if (set.length > 0) breaches.push(`${type} has ${set.join(", ")}, which the engine adds`);
  const ends = type === "step" && ["done", "cached", "failed"].includes(String(values["state"]));
  if (ends && values["ms"] === undefined) breaches.push(`the step "${values["id"]}" is ${values["state"]} without ms`);
  return breaches;
}
