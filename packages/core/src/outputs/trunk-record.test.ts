import { digestOf } from "@imagespec/oci";
import { expect, test } from "vitest";
import { trunkOfRecord, withResolution } from "./trunk-record.ts";

const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const digest = digestOf("trunk");

test("a record names the image below, or does not", () => {
  expect(trunkOfRecord(bytes({ record: { trunk: { digest } } }))).toBe(digest);
  for (const other of [{}, { record: null }, { record: { trunk: { digest: "x" } } }, "no JSON", "null"])
    expect(trunkOfRecord(bytes(other))).toBeUndefined();
});

test("what was resolved comes from below, all else from above", () => {
  const merged = withResolution(bytes({ builder: "engine", resolution: null }), bytes({ builder: "b", resolution: 1 }));
  expect(JSON.parse(Buffer.from(merged).toString())).toEqual({ builder: "engine", resolution: 1 });
  expect(JSON.parse(Buffer.from(withResolution(bytes({ a: 1 }), bytes("?"))).toString())).toEqual({
    a: 1,
    resolution: null,
  });
});
