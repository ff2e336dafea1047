import { stripVTControlCharacters } from "node:util";
import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, test } from "vitest";
import { EventMaker, imageResult } from "../testing/events.ts";
import { testContext } from "../testing/test-context.ts";
import type { ReportedBuild } from "./build-reporter.ts";
import { chooseReporter } from "./choose-reporter.ts";
import { JsonReporter } from "./json-reporter.ts";
import { PlainReporter } from "./plain-reporter.ts";
import { QuietReporter } from "./quiet-reporter.ts";
import { plainStyle } from "./style.ts";

const build: ReportedBuild = {
  title: "acme/train",
  facts: ["python 3.13", "linux/amd64"],
  origin: { file: "a.yaml", locate: () => undefined },
};
const name = "acme/train:u1-7k3fq2m4xh2c6pd5";

/** A build on a Debian base: everything the tree has to make something of. */
function* eventsOfBuild() {
  const make = new EventMaker(name);
  const step = (id: string, state: "running" | "done" | "cached", more: { ms?: number; detail?: string } = {}) =>
    ({ type: "step", id, name: id, state, ...more }) as const;
  yield make.started();
  yield make.engine(step("exists", "running"));
  yield make.engine(step("exists", "done", { ms: 3, detail: "absent" }));
  yield make.engine(step("choose", "done", { ms: 1, detail: "assemble" }));
  yield make.engine(step("base", "running"));
  yield make.builder({ ...step("base acme/train-base/layers", "running"), name: "base acme/train-base layers" });
  yield make.builder({
    ...step("base acme/train-base/layers", "done", { ms: 6_200, detail: "26 MB" }),
    name: "base acme/train-base layers",
  });
  yield make.engine(step("base", "done", { ms: 9_500, detail: "built" }));
  yield make.builder(step("resolve", "running"));
  yield make.builder(step("resolve", "done", { ms: 400, detail: "16 packages" }));
  yield make.builder(step("base", "cached", { detail: "debian trixie + python 3.13" }));
  yield make.builder({ type: "warning", message: "a newer pandas exists" });
  yield make.builder(step("layers", "running"));
  yield make.builder({
    type: "transfer",
    step: "layers",
    kind: "pull",
    item: "a.whl",
    current: 12_000_000,
    total: 76_000_000,
    unit: "byte",
  });
  yield make.builder({ type: "log", step: "layers", stream: "out", text: "line 1\nli" });
  yield make.builder({ type: "log", step: "layers", stream: "out", text: "ne 2\n" });
  yield make.builder(step("layers", "done", { ms: 1_100, detail: "5 built, 0 reused · 76 MB" }));
  yield make.done(imageResult());
}

function plain(isVerbose: boolean) {
  const context = testContext();
  const reporter = new PlainReporter([build], {
    progress: context.stderr,
    results: context.stdout,
    style: plainStyle,
    resultStyle: plainStyle,
    cwd: "/",
    isVerbose,
  });
  return { context, reporter };
}

describe("plain lines", () => {
  test("one for every step that has ended", () => {
    const { context, reporter } = plain(false);
    for (const event of eventsOfBuild()) reporter.event(0, event);
    reporter.ended(0, { status: "fulfilled", result: imageResult() });
    expect(`\n${context.output().stderr}`).toMatchInlineSnapshot(`
      "
        acme/train:u1-7k3fq2m4xh2c6pd5  python 3.13 · linux/amd64 · builder assemble
          ✔ layers         26 MB                                     6.2 s
        ✔ base image     acme/train-base built                     9.5 s
        ✔ resolve        16 packages                               0.4 s
        ✔ base           debian trixie + python 3.13 (cached)
        ! a newer pandas exists
        ✔ layers         5 built, 0 reused · 76 MB                 1.1 s
      "
    `);
    expect(`\n${context.output().stdout}`).toMatchInlineSnapshot(`
      "
        image  acme/train:u1-7k3fq2m4xh2c6pd5  (6 layers, 118 MB)  1.8 s
               sha256:4be14be14be14be14be14be14be14be14be14be14be14be14be14be14be14be1
      "
    `);
  });

  test("logs, put together to lines, when asked for", () => {
    const { context, reporter } = plain(true);
    for (const event of eventsOfBuild()) reporter.event(0, event);
    expect(context.output().stderr).toContain("    │ line 1\n    │ line 2\n");
  });

  test("a transfer that goes on shows a sign of life every ten seconds", () => {
    const { context, reporter } = plain(false);
    const transfer = (t: number, current: number) =>
      reporter.event(0, {
        type: "transfer",
        t,
        build: name,
        builder: "assemble",
        kind: "push",
        item: "x",
        current,
        total: 100e6,
        unit: "byte",
      });
    for (let second = 0; second <= 25; second++) transfer(second * 1000, second * 2e6);
    expect(
      context
        .output()
        .stderr.trimEnd()
        .split("\n")
        .map((line) => line.trimEnd()),
    ).toMatchInlineSnapshot(`
      [
        "  · push           20 MB of 100 MB · 2.0 MB/s                10.0 s",
        "  · push           40 MB of 100 MB · 2.0 MB/s                20.0 s",
      ]
    `);
  });
});

test("quiet: the references in the order of the specs, errors beside them", () => {
  const context = testContext();
  const reporter = new QuietReporter([build, build, build], {
    results: context.stdout,
    errors: context.stderr,
    style: plainStyle,
    cwd: "/",
  });
  reporter.ended(2, { status: "fulfilled", result: imageResult({ reference: "c:1" }) });
  reporter.ended(1, { status: "rejected", error: new ImageSpecError("INDEX_DOWN", "the index is down") });
  reporter.ended(0, { status: "fulfilled", result: imageResult({ reference: "a:1" }) });
  reporter.close();
  expect(context.output()).toEqual({ stdout: "a:1\nc:1\n", stderr: "  ✗ the index is down   INDEX_DOWN\n" });
});

test("JSON: one event a line", () => {
  const context = testContext();
  const reporter = new JsonReporter(context.stdout);
  const events = [...eventsOfBuild()];
  for (const event of events) reporter.event(0, event);
  const lines = context.output().stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(events)));
});

describe("a terminal", () => {
  function terminal(env: Record<string, string> = {}) {
    const written: string[] = [];
    const context = testContext("/", env);
    const stderr = { write: (text: string) => written.push(text), isTTY: true, columns: 80, rows: 24 };
    const options = { isJson: false, isQuiet: false, isVerbose: false, hasNoColor: true };
    const reporter = chooseReporter([build], { ...context, stderr }, options);
    return { written, context, reporter };
  }

  test("keeps the finished tree, and gives the result to a pipe too", () => {
    const { written, context, reporter } = terminal();
    for (const event of eventsOfBuild()) reporter.event(0, event);
    reporter.ended(0, { status: "fulfilled", result: imageResult() });
    reporter.close();
    const last = written.slice(1).join("");
    expect(`\n${stripVTControlCharacters(last)}`).toMatchInlineSnapshot(`
      "

        ! a newer pandas exists
        acme/train:u1-7k3fq2m4xh2c6pd5  python 3.13 · linux/amd64 · builder assemble
        ✔ base image     acme/train-base built                     9.5 s
        ✔ resolve        16 packages                               0.4 s
        ✔ base           debian trixie + python 3.13 (cached)
        ✔ layers         5 built, 0 reused · 76 MB                 1.1 s
        image  acme/train:u1-7k3fq2m4xh2c6pd5  (6 layers, 118 MB)  1.8 s
               sha256:4be14be14be14be14be14be14be14be14be14be14be14be14be14be14be14be1
      "
    `);
    expect(written[0]).toContain("\u001b[?25l");
    expect(last).toContain("\u001b[1A\r\u001b[0J");
    expect(last.endsWith("\u001b[?25h")).toBe(true);
    expect(context.output().stdout).toContain("image  acme/train:u1-7k3fq2m4xh2c6pd5");
  });

  test("shows what runs, with its transfer", async () => {
    const { written, reporter } = terminal();
    for (const event of eventsOfBuild()) {
      if (event.type === "log") break;
      reporter.event(0, event);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
    reporter.close();
    const frame = stripVTControlCharacters(written.findLast((text) => text.includes("layers")) ?? "");
    expect(`\n${frame.replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, "⠋")}`).toMatchInlineSnapshot(`
      "

        ! a newer pandas exists
        acme/train:u1-7k3fq2m4xh2c6pd5  python 3.13 · linux/amd64 · builder assemble
        ✔ base image     acme/train-base built                     9.5 s
        ✔ resolve        16 packages                               0.4 s
        ✔ base           debian trixie + python 3.13 (cached)
        ⠋ layers         12 MB of 76 MB
      "
    `);
  });

  test("is not redrawn more than ten times a second", async () => {
    const { written, reporter } = terminal();
    const make = new EventMaker(name);
    const end = performance.now() + 500;
    while (performance.now() < end) {
      reporter.event(0, make.builder({ type: "step", id: "x", name: "x", state: "running" }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    reporter.close();
    expect(written.length).toBeLessThanOrEqual(8);
  });

  test.each([{ TERM: "dumb" }, { CI: "true" }])("gets plain lines with %j", (env) => {
    const { written, reporter } = terminal(env);
    reporter.event(0, new EventMaker(name).builder({ type: "step", id: "x", name: "x", state: "done", ms: 1 }));
    expect(written.join("")).not.toContain("\u001b");
  });
});
