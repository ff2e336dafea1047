import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "./support/run-imagespec.ts";

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
  await bench.write("package.json", JSON.stringify({ name: "p", dependencies: { "builder-broken": "1.0.0" } }));
  await bench.write(
    "node_modules/builder-broken/package.json",
    JSON.stringify({ name: "builder-broken", version: "1.0.0", imagespec: { contract: 99, builders: {} } }),
  );
});
afterEach(() => bench[Symbol.asyncDispose]());

const said =
  /! the plugin "builder-broken" was made for version "99" of the builder contract.*; update @imagespec\/core/;

test("is warned of when a builder is needed, and not when the image exists", async () => {
  expect(await bench.run(["build"])).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(said) });
  expect(await bench.run(["build"])).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining("broken") });
});

test("leaves nothing but the reference on standard output", async () => {
  const { exitCode, stdout } = await bench.run(["build", "--quiet"]);
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^acme\/tiny:v1-[a-z2-7]{16}\n$/)]);
});

test("is a warning for programs", async () => {
  const { exitCode, stdout, stderr } = await bench.run(["build", "--json"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const events = stdout.trimEnd().split("\n");
  expect(events.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      type: "warning",
      build: "acme/tiny",
      message: expect.stringContaining("builder-broken"),
    }),
  );
});

test("is listed with its error", async () => {
  const { exitCode, stdout } = await bench.run(["builders"]);
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(/✗ the plugin "builder-broken" .* BUILDER_CONTRACT\n +hint: update/),
  ]);
});
