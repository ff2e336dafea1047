import { expect, test } from "vitest";
import * as assembler from "./index.ts";

test("exports exactly this", () => {
  expect(Object.keys(assembler).sort()).toEqual([
    "assembleImage",
    "buildDebianLayer",
    "createDebianFetcher",
    "defaultDebianArchive",
    "lockBase",
    "needsPython",
    "parseDebianLock",
    "resolveDebian",
  ]);
});
