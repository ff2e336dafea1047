import { expect, test } from "vitest";
import { parseOutput } from "./output-choice.ts";

test.each([
  ["registry", "registry"],
  ["local-store", "local-store"],
  ["engine", "engine"],
  ["engine=tcp://10.0.0.1:2375", { kind: "engine", host: "tcp://10.0.0.1:2375" }],
  ["oci-layout=out", { kind: "oci-layout", path: "/project/out" }],
  ["docker-archive=/tmp/a=b.tar", { kind: "docker-archive", path: "/tmp/a=b.tar" }],
])("%s", (text, choice) => {
  expect(parseOutput(text, "/project")).toEqual(choice);
});

test.each(["", "docker", "oci-layout", "oci-layout=", "docker-archive", "local-store=x", "registry=x"])(
  "refuses %j",
  (text) => {
    expect(() => parseOutput(text, "/project")).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
  },
);
