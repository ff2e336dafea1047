import { lstat, mkdtemp, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DockerfilePlan } from "../plan/dockerfile-plan.ts";
import { contextTime } from "./context-time.ts";
import { directoryEntry, linkEntry, textEntry } from "./text-entry.ts";
import { writeContext } from "./write-context.ts";

let folder: string;
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), "write-context-")), "out");
});
afterEach(() => rm(path.dirname(folder), { recursive: true, force: true }));

const context = [
  directoryEntry("a"),
  directoryEntry("a/empty"),
  linkEntry("a/link", "/nowhere"),
  textEntry("a/run.sh", "x", 0o755),
  textEntry("a/text", "y"),
];
const plan: DockerfilePlan = {
  text: "FROM scratch\n",
  dialect: "base",
  context,
  secrets: [],
  steps: [],
  buildArgs: {},
};
const signal = new AbortController().signal;

test("writes files, folders and links with the times of their content", async () => {
  expect(await writeContext(plan, folder, { signal })).toEqual(["Dockerfile", "a/link", "a/run.sh", "a/text"]);
  expect(await readFile(path.join(folder, "a/text"), "utf8")).toBe("y");
  expect(await readFile(path.join(folder, "Dockerfile"), "utf8")).toBe("FROM scratch\n");
  expect(await readlink(path.join(folder, "a/link"))).toBe("/nowhere");
  expect((await stat(path.join(folder, "a/run.sh"))).mode & 0o777).toBe(0o755);
  expect((await stat(path.join(folder, "a/empty"))).mode & 0o777).toBe(0o755);
  for (const entry of context) {
    const { mtimeNs } = await lstat(path.join(folder, entry.path), { bigint: true });
    // Times are numbers of seconds with a fraction where they are set.
    expect(Number(mtimeNs - contextTime(entry))).toBeLessThan(1000);
  }
});

test("stops when it is aborted, and writes over nothing", async () => {
  await expect(writeContext(plan, folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  await writeContext(plan, folder, { signal });
  await expect(writeContext(plan, folder, { signal })).rejects.toThrow();
});

test("another content has another time", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const [first, second] = [contextTime(textEntry("x", a)), contextTime(textEntry("x", b))];
      expect(first === second).toBe(a === b);
      expect(first).toBeGreaterThan(10n ** 18n);
      expect(contextTime(linkEntry("x", a)) === contextTime(linkEntry("x", b))).toBe(a === b);
    }),
  );
  expect(contextTime(directoryEntry("a"))).toBe(contextTime(directoryEntry("b")));
});
