import type { BuilderEvent } from "@imagespec/core";
import { expect, it } from "vitest";
import type { BuildStatus, Vertex } from "../daemon/daemon.ts";
import { createProgress } from "./create-progress.ts";

const text = `# a comment
FROM docker.io/library/python:3.12-slim AS base
RUN --mount=type=cache,target=/var/cache/apt \\
    apt-get update && \\
    apt-get install -y curl

FROM base AS packages-1
COPY requirements.txt /r.txt
# between
RUN uv pip install -r /r.txt

FROM base
COPY --link --from=packages-1 /opt/venv /opt/venv
WORKDIR /app
RUN echo $GREETING
`;
const steps = [
  { firstLine: 3, lastLine: 5, name: "apt", field: "aptPackages" },
  { firstLine: 10, lastLine: 10, name: "packages numpy", field: "packages", members: ["numpy"] },
  { firstLine: 15, lastLine: 15, name: "command 1", field: "commands[0]" },
];

const none = { statuses: [], logs: [], vertexes: [], warnings: [] };

function vertex(name: string, change: Partial<Vertex> = {}): Vertex {
  return {
    digest: `sha256:${Buffer.from(name).toString("hex").slice(0, 60)}`,
    inputs: [],
    name,
    cached: false,
    started: undefined,
    completed: undefined,
    error: "",
    progressGroup: undefined,
    ...change,
  };
}

function start() {
  const events: BuilderEvent[] = [];
  const progress = createProgress({ emit: (event) => events.push(event), text, steps });
  return {
    events,
    progress,
    tell: (status: Partial<BuildStatus>) => progress.update({ ...none, ...status }),
    /** What the events of one kind say, without what is the same in all. */
    steps: () =>
      events.flatMap((event) => (event.type === "step" ? [`${event.spec ?? "-"}: ${event.name}: ${event.state}`] : [])),
  };
}

it("names steps by the spec, and tells states when they change", () => {
  const { events, tell, steps: seen } = start();
  const apt = vertex(
    "[base 2/2] RUN --mount=type=cache,target=/var/cache/apt     apt-get update &&     apt-get install -y curl",
  );
  tell({ vertexes: [apt, vertex("[internal] load build definition from Dockerfile", { started: 1, completed: 2 })] });
  expect(seen()).toEqual([]);
  tell({ vertexes: [{ ...apt, started: 1000 }] });
  tell({ vertexes: [{ ...apt, started: 1000 }] });
  tell({ vertexes: [{ ...apt, started: 1000, completed: 1250.4 }] });
  expect(seen()).toEqual(["aptPackages: apt: running", "aptPackages: apt: done"]);
  expect(events.at(-1)).toMatchObject({ id: apt.digest.slice(7, 19), ms: 250 });
});

it.each<[string, string]>([
  ["[internal] load metadata for docker.io/library/python:3.12-slim", "base: look up python:3.12-slim"],
  [`[base 1/2] FROM docker.io/library/python:3.12-slim@sha256:${"0".repeat(64)}`, "base: pull python:3.12-slim"],
  ["[packages-1 2/2] RUN uv pip install -r /r.txt", "packages: packages numpy"],
  // Another build at the same time has the same step at another place.
  ["[stage-0 7/9] RUN uv pip install -r /r.txt", "packages: packages numpy"],
  // The frontend fills in variables.
  ["[stage-2 3/3] RUN echo hello", "commands[0]: command 1"],
  ["[linux/arm64 stage-2 3/3] RUN echo hello", "commands[0]: command 1"],
  ["[stage-2 1/3] COPY --link --from=packages-1 /opt/venv /opt/venv", "-: COPY --from=packages-1 /opt/venv /opt/venv"],
  ["[internal] load build context", "-: context"],
  ["exporting to image", "-: export"],
  ["pushing 127.0.0.1:5000/a:1 with docker", "-: push"],
  ["importing cache manifest from r.dev/c", "-: import cache"],
  ["preparing build cache for export", "-: export cache"],
])("%s", (name, expected) => {
  const { tell, steps: seen } = start();
  tell({ vertexes: [vertex(name, { started: 1, completed: 2, cached: true })] });
  expect(seen()).toEqual([`${expected}: cached`]);
});

it("counts instructions, tells failures, and leaves nothing running", () => {
  const { events, progress, tell, steps: seen } = start();
  tell({
    vertexes: [
      vertex("[packages-1 2/2] RUN uv pip install -r /r.txt", { started: 1, completed: 2, cached: true }),
      vertex("[stage-2 2/3] WORKDIR /app", { started: 1, completed: 2 }),
      vertex("[internal] load build context", { started: 1, completed: 2 }),
      vertex("[stage-2 3/3] RUN echo hello", { started: 1 }),
      vertex("[internal] load .dockerignore", { started: 1, completed: 2, error: "rpc error" }),
      vertex("exporting to image", { started: 1, completed: 3, error: "failed: context canceled" }),
    ],
  });
  progress.end(new Error("x"));
  expect(progress.counts).toEqual({ cached: 1, total: 2 });
  expect(seen().slice(3)).toEqual([
    "commands[0]: command 1: running",
    "-: [internal] load .dockerignore: failed",
    "-: export: canceled",
    "commands[0]: command 1: canceled",
  ]);
  expect(events.find((event) => event.type === "step" && event.state === "failed")).toMatchObject({
    error: "rpc error",
  });
});

it("passes logs on as they come, whole characters only, and reads retries", () => {
  const { events, tell } = start();
  const step = vertex("exporting to image", { started: 1 });
  const log = (message: Uint8Array | string) => ({
    vertex: step.digest,
    timestamp: 1,
    stream: 2,
    message: Buffer.from(message),
  });
  const bytes = Buffer.from("ü\n");
  tell({ vertexes: [step], logs: [log(bytes.subarray(0, 1)), log(bytes.subarray(1))] });
  tell({
    logs: [log("error: unexpected status: 500\nunknown: x\nretry"), log("ing in 1s\n"), log("retrying in 2s\n")],
  });
  expect(events.filter(({ type }) => type === "log").map((event) => "text" in event && event.text)).toEqual([
    "ü\n",
    "error: unexpected status: 500\nunknown: x\nretry",
    "ing in 1s\n",
    "retrying in 2s\n",
  ]);
  expect(events.filter(({ type }) => type === "retry")).toEqual([
    { type: "retry", what: "export", attempt: 1, delayMs: 1000, reason: "unexpected status: 500" },
    { type: "retry", what: "export", attempt: 2, delayMs: 2000, reason: "unexpected status: 500" },
  ]);
});

it("tells of bytes that move, and of no items without", () => {
  const { events, tell } = start();
  const names = {
    pull: "[base 1/2] FROM docker.io/library/python:3.12-slim",
    context: "[internal] load build context",
    export: "exporting to image",
    hidden: "[internal] load build definition from Dockerfile",
  };
  const vertexes = Object.values(names).map((name) => vertex(name, { started: 1 }));
  const status = (name: string, id: string, current: number, total: number) => ({
    ...{ id, vertex: vertex(name).digest, name: "", current, total },
    ...{ timestamp: 1, started: 1, completed: undefined },
  });
  const layer = `sha256:${"a".repeat(64)}`;
  tell({
    vertexes,
    statuses: [
      status(names.pull, layer, 10, 100),
      status(names.pull, layer, 10, 100),
      status(names.pull, `extracting ${layer}`, 0, 0),
      status(names.context, "transferring context:", 37, 0),
      status(names.hidden, "transferring dockerfile:", 119, 0),
      status(names.export, "exporting layers", 0, 0),
      status(names.export, "pushing layer sha256:bb", 5, 7),
    ],
  });
  expect(events.filter(({ type }) => type === "transfer")).toMatchObject([
    { kind: "pull", item: `sha256:${"a".repeat(12)}`, current: 10, total: 100 },
    { kind: "context", item: "context", current: 37 },
    { kind: "push", current: 5, total: 7 },
  ]);
});

it("warns once", () => {
  const { events, tell } = start();
  const warning = { vertex: "x", level: 1, short: "SecretsUsedInArgOrEnv: TOKEN", detail: [], url: "https://d/" };
  tell({ warnings: [warning, warning] });
  expect(events).toEqual([{ type: "warning", message: warning.short, source: "https://d/" }]);
});
