import { expect, test } from "vitest";
import { decodeStatus } from "./decode-status.ts";
import { loadMessages } from "./messages.ts";

test("messages are written as the protocol's own tools write them", async () => {
  const messages = await loadMessages();
  // protoc --encode=fsutil.types.Packet: type 2, id 7, data "ab"
  expect(Buffer.from(messages.Packet.encode({ type: 2, ID: 7, data: Buffer.from("ab") })).toString("hex")).toBe(
    "0802180722026162",
  );
  // The first entry has the id 0, which is not written, and a time that does not fit a double.
  const stat = {
    path: "a",
    mode: 0o644 + 2 ** 27,
    size: 3,
    modTime: { low: 0x12345679, high: 0x17979cfe },
    linkname: "",
  };
  const encoded = messages.Packet.encode({ type: 0, ID: 0, stat });
  expect(Buffer.from(encoded).toString("hex")).toContain("0a0161");
  const decoded = messages.Packet.decode(encoded);
  expect(decoded).toMatchObject({ type: 0, ID: 0, stat: { path: "a", mode: 0o644 + 2 ** 27, size: 3 } });
  expect(decoded.data).toHaveLength(0);
});

test("what is not sent is a default, and unknown fields are skipped", async () => {
  const messages = await loadMessages();
  expect(messages.SolveResponse.decode(Buffer.from("7801", "hex"))).toEqual({ ExporterResponse: {} });
  expect(messages.InfoResponse.decode(Buffer.alloc(0))).toEqual({ buildkitVersion: null });
  expect(messages.Packet.decode(Buffer.alloc(0))).toMatchObject({ type: 0, ID: 0, stat: null });
  expect(() => messages.SolveResponse.decode(Buffer.from("0aff", "hex"))).toThrow();
});

test("maps keep every text", async () => {
  const messages = await loadMessages();
  const attrs = { "build-arg:A": 'ä "$\n', "": "empty name", __proto__x: "1" };
  const { ExporterResponse } = messages.SolveResponse.decode(
    messages.SolveResponse.encode({ ExporterResponse: attrs }),
  );
  expect(ExporterResponse).toEqual(attrs);
});

test("progress is told in milliseconds, and in our words", async () => {
  const messages = await loadMessages();
  const time = { seconds: 1_700_000_000, nanos: 500_000 };
  const response = messages.StatusResponse.encode({
    vertexes: [
      {
        digest: "sha256:1",
        inputs: ["sha256:0"],
        name: "RUN",
        cached: true,
        started: time,
        completed: null,
        error: "",
        progressGroup: null,
      },
    ],
    statuses: [
      { ID: "x", vertex: "v", name: "n", current: 2 ** 40, total: 0, timestamp: time, started: null, completed: null },
    ],
    logs: [{ vertex: "v", timestamp: time, stream: 2, msg: Buffer.from([0xff, 0x0a]) }],
    warnings: [{ vertex: "v", level: 1, short: Buffer.from("ä"), detail: [Buffer.from("d")], url: "u" }],
  });
  expect(decodeStatus(messages.StatusResponse.decode(response))).toEqual({
    vertexes: [
      {
        digest: "sha256:1",
        inputs: ["sha256:0"],
        name: "RUN",
        cached: true,
        started: 1_700_000_000_000.5,
        completed: undefined,
        error: "",
        progressGroup: undefined,
      },
    ],
    statuses: [
      {
        id: "x",
        vertex: "v",
        name: "n",
        current: 2 ** 40,
        total: 0,
        timestamp: 1_700_000_000_000.5,
        started: undefined,
        completed: undefined,
      },
    ],
    logs: [{ vertex: "v", timestamp: 1_700_000_000_000.5, stream: 2, message: Buffer.from([0xff, 0x0a]) }],
    warnings: [{ vertex: "v", level: 1, short: "ä", detail: ["d"], url: "u" }],
  });
});
