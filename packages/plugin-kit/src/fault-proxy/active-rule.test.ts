import { expect, test } from "vitest";
import type { FaultRule } from "./fault.ts";
import type { RequestHead } from "./request-head.ts";
import { RuleBook } from "./rule-book.ts";

const get = (path: string, headers: RequestHead["headers"] = {}, method = "GET"): RequestHead => ({
  method,
  path,
  headers,
  isElsewhere: false,
});
const kinds = (book: RuleBook, head: RequestHead): readonly string[] => book.claim(head).map(({ kind }) => kind);

function book(...rules: readonly FaultRule[]): RuleBook {
  const made = new RuleBook();
  made.add(rules);
  return made;
}

const reset = { kind: "reset" } as const;
const delay = { kind: "delay", ms: 1 } as const;

test("a rule passes the first requests, then counts down", () => {
  const rules = book({ match: { path: "/blobs/" }, after: 1, times: 2, fault: reset });
  expect(kinds(rules, get("/v2/a/manifests/1"))).toEqual([]);
  expect(Array.from({ length: 5 }, () => kinds(rules, get("/v2/a/blobs/1")).length)).toEqual([0, 1, 1, 0, 0]);
});

test("of two faults that end an exchange the second waits; the others add up", () => {
  const rules = book({ fault: { kind: "status", status: 503 } }, { fault: reset }, { times: "always", fault: delay });
  expect(kinds(rules, get("/"))).toEqual(["status", "delay"]);
  expect(kinds(rules, get("/"))).toEqual(["reset", "delay"]);
  expect(kinds(rules, get("/"))).toEqual(["delay"]);
  rules.clear();
  expect(kinds(rules, get("/"))).toEqual([]);
});

test.each<[FaultRule["match"], RequestHead, boolean]>([
  [{ method: "PUT" }, get("/"), false],
  [{ method: ["PUT", "GET"] }, get("/"), true],
  [{ path: /\/v2\/$/ }, get("/v2/"), true],
  [{ path: /^\/token/ }, get("/v2/"), false],
  [{ host: "r.dev" }, get("/", { host: "r.dev:5000" }), false],
  [{ host: /^r\.dev/ }, get("/", { host: "r.dev:5000" }), true],
  [{}, { ...get("/", { host: "s.dev" }), isElsewhere: true }, false],
  [{ host: "s.dev" }, { ...get("/", { host: "s.dev" }), isElsewhere: true }, true],
])("%o", (match, head, expected) => {
  expect(kinds(book({ match, fault: reset }), head)).toEqual(expected ? ["reset"] : []);
});

test("a global pattern matches every time", () => {
  const rules = book({ match: { path: /v2/g }, times: 3, fault: reset });
  expect([1, 2, 3].map(() => kinds(rules, get("/v2/")).length)).toEqual([1, 1, 1]);
});

test("requests that a fault makes no sense for are not counted", () => {
  const mount = get("/v2/a/b/blobs/uploads/?mount=sha256:1&from=c", {}, "POST");
  const start = get("/v2/a/b/blobs/uploads/", {}, "POST");
  const push = get("/v2/a/b/manifests/v1", {}, "PUT");
  const cases = [
    [{ kind: "refuse-mount" }, start, mount],
    [{ kind: "forget-mount" }, start, mount],
    [{ kind: "upload-elsewhere" }, push, start],
    [{ kind: "lose-blob" }, get("/v2/a/b/manifests/v1"), push],
    [{ kind: "refuse-head" }, push, get("/v2/a/manifests/v1", {}, "HEAD")],
    [{ kind: "ignore-range" }, get("/"), get("/", { range: "bytes=5-" })],
  ] as const;
  for (const [fault, not, yes] of cases) {
    const rules = book({ fault });
    expect([not, yes, yes].map((head) => kinds(rules, head).length)).toEqual([0, 1, 0]);
  }
});

test("each token is good for the same number of requests", () => {
  const rules = book({ times: "always", fault: { kind: "expire-token", afterRequests: 2 } });
  const spent = (authorization?: string): number =>
    kinds(rules, get("/", authorization === undefined ? {} : { authorization })).length;
  expect([1, 2, 3, 4].map(() => spent("Bearer one"))).toEqual([0, 0, 1, 1]);
  expect([1, 2, 3].map(() => spent("bearer two"))).toEqual([0, 0, 1]);
  expect([1, 2, 3].map(() => spent())).toEqual([0, 0, 0]);
  expect([1, 2, 3].map(() => spent("Basic YTpi"))).toEqual([0, 0, 0]);
});
