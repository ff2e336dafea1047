import type { ObjectField, Shape } from "./field-shape.ts";
import type { Json } from "./json.ts";
import { specFields } from "./spec-fields.ts";

type Schema = Readonly<Record<string, Json>>;

/** The JSON Schema (2020-12) of spec files: one spec, or a list of them under `images`. */
export const imageSpecSchema: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:imagespec:image-spec:1",
  title: "ImageSpec",
  if: { type: "object", required: ["images"] },
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  then: {
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string" },
      images: { type: "array", minItems: 1, items: { $ref: "#/$defs/spec" } },
    },
  },
  else: { $ref: "#/$defs/spec" },
  $defs: {
    spec: {
      type: "object",
      description: "What a container image is to contain.",
      additionalProperties: false,
      properties: {
        $schema: { type: "string" },
        ...Object.fromEntries(
          Object.entries(specFields).map(([name, field]) => [
            name,
            {
              description: field.description + (field.default === undefined ? "" : ` Default: ${field.default}.`),
              ...schemaOf(field.shape),
            },
          ]),
        ),
      },
    },
  },
};

function schemaOf(shape: Shape): Schema {
  switch (shape.kind) {
    case "text":
      return shape.pattern === undefined ? { type: "string" } : { type: "string", pattern: shape.pattern };
    case "boolean":
      return { type: "boolean" };
    case "choice":
      return { enum: shape.values };
    case "list":
      return {
        type: "array",
        ...(shape.minItems === undefined ? {} : { minItems: shape.minItems }),
        items: schemaOf(shape.item),
      };
    case "pair":
      return { type: "array", prefixItems: shape.items.map(schemaOf), items: false, minItems: 2 };
    case "record":
      return { type: "object", additionalProperties: schemaOf(shape.value) };
    case "object":
      return {
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(shape.fields).map(([name, field]) => [name, memberSchema(field)]),
        ),
        ...requiredOf(shape.fields),
        ...(shape.exactlyOne ? { minProperties: 1, maxProperties: 1 } : {}),
      };
    case "json-object":
      return { type: "object" };
    case "text-or":
      return { anyOf: [schemaOf(shape.text), schemaOf(shape.other)] };
    case "base-image":
      return { anyOf: [schemaOf(shape.text), schemaOf(shape.debian), { $ref: "#/$defs/spec" }] };
  }
}

function memberSchema(field: ObjectField): Schema {
  return { description: field.description, ...schemaOf(field.shape) };
}

function requiredOf(fields: Readonly<Record<string, ObjectField>>): Schema {
  const required = Object.entries(fields).flatMap(([name, field]) => (field.required ? [name] : []));
  return required.length === 0 ? {} : { required };
}
