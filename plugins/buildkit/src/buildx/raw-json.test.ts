import { expect, it } from "vitest";
import { plainError } from "./plain-error.ts";
import { parseRawJson } from "./raw-json.ts";

const digest = "sha256:36ccbda8491a077b9d29442ad3fb568bb101ea0ef6ed608b2506f0004c3d50c8";

// Printed by buildx 0.29.1.
it("reads vertexes, items and logs", () => {
  const vertex = parseRawJson(
    `{"vertexes":[{"digest":"${digest}","name":"[2/2] RUN x","started":"2026-11-25T17:15:30.148879064Z","completed":"2026-11-25T17:15:30.248913925Z","cached":true}]}`,
  );
  expect(vertex?.vertexes).toEqual([
    {
      digest,
      name: "[2/2] RUN x",
      inputs: [],
      cached: true,
      started: Date.parse("2026-11-25T17:15:30.148Z"),
      completed: Date.parse("2026-11-25T17:15:30.248Z"),
      error: "",
      progressGroup: undefined,
    },
  ]);
  const item = parseRawJson(
    `{"statuses":[{"id":"transferring context:","vertex":"${digest}","name":"transferring","current":29,"timestamp":"2026-11-25T17:15:30.16Z"}]}`,
  );
  expect(item?.statuses).toMatchObject([{ id: "transferring context:", current: 29, total: 0, completed: undefined }]);
  const log = parseRawJson(
    `{"logs":[{"vertex":"${digest}","stream":1,"data":"YQo=","timestamp":"2026-11-25T17:15:30Z"}]}`,
  );
  expect(log?.logs.map(({ message }) => Buffer.from(message).toString())).toEqual(["a\n"]);
  const warning = parseRawJson(
    `{"warnings":[{"vertex":"${digest}","level":1,"short":"aGk=","detail":["eW91"],"url":"u"}]}`,
  );
  expect(warning?.warnings).toEqual([{ vertex: digest, level: 1, short: "hi", detail: ["you"], url: "u" }]);
});

it("leaves plain text alone", () => {
  expect(["", "Dockerfile:2", "ERROR: x", "{ not json", "   1 | {"].map(parseRawJson)).toEqual([
    ...[undefined, undefined, undefined, undefined, undefined],
  ]);
});

it("finds place, exit code and reason in the plain text", () => {
  const lines = [
    "Dockerfile:2",
    "--------------------",
    "   2 | >>> RUN exit 7",
    "--------------------",
    'ERROR: failed to build: failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
  ];
  expect(plainError(lines, 1)).toMatchObject({
    message: 'failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
    details: [
      { kind: "source", ranges: [{ start: 2, end: 2 }] },
      { kind: "exit", code: 7 },
    ],
  });
  expect(plainError([], 125).message).toContain("exit code 125");
  expect(plainError(["unknown flag: --metadata-file"], 125).message).toBe("unknown flag: --metadata-file");
});
