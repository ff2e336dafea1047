import { expect, test } from "vitest";
import type { ObjectPart, StagingClient } from "../client/staging-client.ts";
import { logObject, withoutStep } from "./read-log.ts";

const signal = new AbortController().signal;

function stagingWith(parts: readonly ObjectPart[]) {
  const reads: (readonly [bucket: string, object: string, from: number])[] = [];
  const left = [...parts];
  const unused = () => Promise.reject(new Error("not asked for"));
  const client: StagingClient = {
    bucketsOf: unused,
    upload: unused,
    remove: unused,
    async read(bucket, object, from) {
      reads.push([bucket, object, from]);
      return left.shift() ?? { kind: "end" };
    },
  };
  return { client, reads };
}

test("each read goes on where the last one ended, in bytes", async () => {
  const { client, reads } = stagingWith([
    { kind: "absent" },
    { kind: "bytes", bytes: Buffer.from("äb") },
    { kind: "end" },
  ]);
  const log = logObject(client, "gs://acme-logs/some/folder", "b1");
  expect(await log.read(undefined, signal)).toBeUndefined();
  const page = await log.read(undefined, signal);
  expect(page).toEqual({ chunks: [Buffer.from("äb")], cursor: 3 });
  expect(await log.read(page?.cursor, signal)).toEqual({ chunks: [], cursor: 3 });
  expect(reads).toEqual([
    ["acme-logs", "some/folder/log-b1.txt", 0],
    ["acme-logs", "some/folder/log-b1.txt", 0],
    ["acme-logs", "some/folder/log-b1.txt", 3],
  ]);
});

test("a bucket without a folder, and a denial that lasts", () => {
  const log = logObject(stagingWith([]).client, "acme-logs", "b1");
  const denied = { code: 403, message: "no" };
  expect([log.isLasting(denied), log.isLasting(denied), log.isLasting(denied)]).toEqual([false, false, true]);
  expect(log.isLasting({ code: 503, message: "later" })).toBe(false);
});

test.each([
  ['Step #0 - "build": #5 [2/3] RUN true', "#5 [2/3] RUN true"],
  ["Step #12: text", "text"],
  ["#5 DONE 0.1s", "#5 DONE 0.1s"],
  ["Steps are no steps", "Steps are no steps"],
])("%s", (line, own) => {
  expect(withoutStep(line)).toBe(own);
});
