import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type ContentStore, openContentStore } from "@imagespec/image-store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeInterpreter } from "./describe-interpreter.ts";

let folder: string;
let content: ContentStore;
const target = {
  platform: "linux/arm64",
  pythonVersion: "3.12.4",
  libc: { kind: "glibc", version: "2.36" },
} as const;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "interpreter-"));
  content = await openContentStore(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(process.platform === "win32")("the description of an interpreter", () => {
  test("is a program that prints it, at the same path for the same target", async () => {
    const file = await describeInterpreter(target, content);
    const { stdout } = await promisify(execFile)(file);
    expect(JSON.parse(stdout)).toMatchObject({ result: "success", arch: "aarch64" });
    expect(await describeInterpreter(target, content)).toBe(file);
    expect(await describeInterpreter({ ...target, pythonVersion: "3.13" }, content)).not.toBe(file);
    expect(await readdir(path.join(folder, "partial"))).toEqual([]);
  });

  test("is written again when its file was damaged", async () => {
    const file = await describeInterpreter(target, content);
    await truncate(file, 20);
    expect(await describeInterpreter(target, content)).toBe(file);
    expect(JSON.parse((await promisify(execFile)(file)).stdout)).toMatchObject({ result: "success" });
  });
});
