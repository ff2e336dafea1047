import { expect, test } from "vitest";
import { decodeErrorDetails } from "./error-details.ts";
import { loadMessages } from "./messages.ts";

const detail = (type: string, value: unknown) => ({
  type_url: type,
  value: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
});

test("exit code, vertex and lines are read, the rest is left out", async () => {
  const messages = await loadMessages();
  const encoded = messages.Status.encode({
    code: 2,
    message: "failed",
    details: [
      detail("github.com/moby/buildkit/stack.Stack+json", { frames: [] }),
      detail("github.com/moby/buildkit/executor/ExitMessage+json".replace("executor/", ""), { Code: 7 }),
      detail("github.com/moby/buildkit/errdefs.Vertex+json", { digest: "sha256:1" }),
      detail("github.com/moby/buildkit/errdefs.Source+json", {
        info: { filename: "Dockerfile", data: "RlJPTQ==" },
        ranges: [{ start: { line: 3 }, end: { line: 5 } }, { start: { line: 9 } }, {}],
      }),
      detail("github.com/moby/buildkit/errdefs.Source+json", {}),
      detail("github.com/moby/buildkit/errdefs.Vertex+json", "{damaged"),
      detail("github.com/moby/buildkit/errdefs.Vertex+json", "null"),
    ],
  });
  expect(decodeErrorDetails(encoded, messages)).toEqual([
    { kind: "exit", code: 7 },
    { kind: "vertex", digest: "sha256:1" },
    {
      kind: "source",
      file: "Dockerfile",
      ranges: [
        { start: 3, end: 5 },
        { start: 9, end: 9 },
      ],
    },
    { kind: "source", file: "", ranges: [] },
  ]);
  expect(decodeErrorDetails(Buffer.from("ffff", "hex"), messages)).toEqual([]);
});
