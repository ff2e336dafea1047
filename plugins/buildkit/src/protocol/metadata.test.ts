import { expect, test } from "vitest";
import { metadataOf, metadataValues } from "./metadata.ts";

test("repeated names are kept apart, commas and all", () => {
  const metadata = metadataOf(["followpaths", "a, b", "dir-name", "context", "followpaths", "c"]);
  expect(metadataValues(metadata, "followpaths")).toEqual(["a, b", "c"]);
  expect(metadataValues(metadata, "dir-name")).toEqual(["context"]);
  expect(metadataValues(metadata, "exclude-patterns")).toEqual([]);
});

test("values are unescaped when they say that they are escaped, and read as UTF-8 when they are raw", () => {
  const escaped = metadataOf([
    "followpaths",
    "%C3%A4+b%2Bc%",
    "followpaths",
    "%C3%A4+b%2Bc",
    "followpaths-encoded",
    "1",
  ]);
  expect(metadataValues(escaped, "followpaths")).toEqual(["%C3%A4+b%2Bc%", "ä b+c"]);
  const raw = metadataOf(["followpaths", Buffer.from("ä+%41").toString("latin1")]);
  expect(metadataValues(raw, "followpaths")).toEqual(["ä+%41"]);
});
