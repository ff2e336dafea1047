import type { Json } from "@imagespec/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { configSchema } from "./config-schema.ts";
import { checkedSettings, validateConfig } from "./validate-config.ts";

type Schema = Readonly<Record<string, Json>>;

/** The few keywords that the schema uses; an unknown one fails the test that needs it. */
function matches(schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, limit]) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    switch (keyword) {
      case "$schema":
      case "$id":
      case "title":
      case "description":
        return true;
      case "type":
        if (limit === "object") return isObject;
        if (limit === "array") return Array.isArray(value);
        if (limit === "integer") return Number.isInteger(value);
        return typeof value === limit;
      case "minLength":
        return typeof value !== "string" || value.length >= Number(limit);
      case "minimum":
        return typeof value !== "number" || value >= Number(limit);
      case "enum":
        return (limit as Json[]).includes(value as Json);
      case "anyOf":
        return (limit as Schema[]).some((one) => matches(one, value));
      case "items":
        return !Array.isArray(value) || value.every((item) => matches(limit as Schema, item));
      case "properties":
        return (
          !isObject ||
          Object.entries(limit as Schema).every(
            ([name, one]) => !Object.hasOwn(value, name) || matches(one as Schema, Reflect.get(value, name)),
          )
        );
      case "additionalProperties": {
        const known = Object.keys((schema["properties"] ?? {}) as Schema);
        const others = isObject ? Object.entries(value).filter(([name]) => !known.includes(name)) : [];
        return limit === false ? others.length === 0 : others.every(([, one]) => matches(limit as Schema, one));
      }
      default:
        throw new Error(`no check for the keyword "${keyword}"`);
    }
  });
}

function isValid(value: unknown): boolean {
  try {
    validateConfig(value, "imagespec.config.json");
    return true;
  } catch {
    return false;
  }
}

test("the schema has every setting, and describes it", () => {
  const properties = configSchema["properties"] as Record<string, Schema>;
  expect(Object.keys(properties)).toEqual([...checkedSettings]);
  for (const { description } of Object.values(properties)) expect(description).toMatch(/\.$/);
});

const text = fc.constantFrom("", "a", "fail", "build", "linux/amd64");
const value = fc.oneof(
  text,
  fc.array(text, { maxLength: 2 }),
  fc.constantFrom(0, 1, -1, 1.5, true, null),
  fc.dictionary(
    fc.constantFrom("docker.io", "assemble"),
    fc.oneof(text, fc.array(text, { maxLength: 2 }), fc.constant(1)),
  ),
  fc.dictionary(
    fc.constant("assemble"),
    fc.record(
      { priority: fc.oneof(fc.constant(1), text), options: fc.anything(), x: fc.constant(1) },
      { requiredKeys: [] },
    ),
  ),
);

test("the schema accepts what the command accepts", () => {
  const config = fc.dictionary(fc.constantFrom(...checkedSettings, "registri"), value, { maxKeys: 2 });
  fc.assert(
    fc.property(fc.oneof(config, value), (candidate) => {
      expect(matches(configSchema, candidate)).toBe(isValid(candidate));
    }),
    { numRuns: 2000 },
  );
});
