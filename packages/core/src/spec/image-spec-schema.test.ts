import { describe, expect, test } from "vitest";
import type { Shape, TextShape } from "./field-shape.ts";
import { imageSpecSchema } from "./image-spec-schema.ts";
import { specFields } from "./spec-fields.ts";

test("the published schema is the generated one (vitest --update writes it)", async () => {
  await expect(`${JSON.stringify(imageSpecSchema, null, 2)}\n`).toMatchFileSnapshot(
    "../../schema/image-spec.schema.json",
  );
});

function textsOf(shape: Shape): readonly TextShape[] {
  switch (shape.kind) {
    case "text":
      return [shape];
    case "list":
      return textsOf(shape.item);
    case "pair":
      return shape.items;
    case "text-or":
      return [shape.text, ...textsOf(shape.other)];
    default:
      return [];
  }
}

describe("patterns of the schema refuse nothing that the validator accepts", () => {
  const samples = [
    ...[
      "3.8",
      "3.12",
      "3.15.2",
      "3.7",
      "/app",
      "/",
      "app",
      "buildkit",
      "aws-codebuild",
      "https://x.dev",
      "HTTPS://x.dev",
    ],
    ...[
      "2026-08-01",
      "2026-08-01T10:00:00Z",
      "2026-08-01t10:00:00z",
      "curl",
      "libstdc++6=1.2-3~x",
      "12",
      "12.4.1",
      "9.1.0.70",
    ],
    ...["linux/amd64", "linux/arm/v7", "linux/x86_64", "Linux/AMD64", "windows/amd64"],
  ];
  for (const [name, { shape }] of Object.entries(specFields)) {
    for (const text of textsOf(shape)) {
      const { pattern, check } = text;
      if (pattern === undefined || check === undefined) continue;
      test(name, () => {
        const accepted = samples.filter((sample) => check(sample) === undefined);
        expect(accepted.length).toBeGreaterThan(0);
        for (const sample of accepted) expect(sample).toMatch(new RegExp(pattern, "u"));
      });
    }
  }
});

test("every field has a description that ends in a full stop", () => {
  for (const [name, { description }] of Object.entries(specFields)) expect(description, name).toMatch(/\.$/);
});
