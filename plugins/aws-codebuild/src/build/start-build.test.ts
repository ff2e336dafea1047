import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import type { CodebuildBuild, CodebuildPort, StartBuildInput } from "../aws/ports.ts";
import { aBuild } from "../testing/a-build.ts";
import { startBuild } from "./start-build.ts";

// What is asked for does not matter here.
const input = {} as StartBuildInput;
const clock = { now: () => 0, sleep: async () => undefined };

function port(start: () => Promise<CodebuildBuild>): CodebuildPort {
  // Nothing else of it is called.
  return { startBuild: start } as unknown as CodebuildPort;
}

test("an abort while it starts stops the build as soon as its id is known", async () => {
  const controller = new AbortController();
  const stopped: string[] = [];
  const { signal } = controller;
  let answer: (build: CodebuildBuild) => void = () => undefined;
  const started = startBuild(
    port(() => new Promise((resolve) => (answer = resolve))),
    input,
    {
      signal,
      stop: async (id) => void stopped.push(id),
    },
  );
  controller.abort();
  setTimeout(() => answer(aBuild({ id: "images:7" })), 5);
  await expect(started).rejects.toMatchObject({ code: "ABORTED" });
  expect(stopped).toEqual(["images:7"]);
});

test("an abort before it asks anything", async () => {
  let count = 0;
  const start = async (): Promise<CodebuildBuild> => {
    count++;
    return aBuild();
  };
  const options = { signal: AbortSignal.abort(), stop: async () => undefined };
  await expect(startBuild(port(start), input, options)).rejects.toMatchObject({ code: "ABORTED" });
  expect(count).toBe(0);
});

test("a role that is new is waited for, another error is not", async () => {
  let count = 0;
  const fails = (code: "CLOUD_BUILD_ENVIRONMENT" | "CLOUD_DENIED", times: number) => async () => {
    if (++count <= times) throw new ImageSpecError(code, "x");
    return aBuild();
  };
  const options = { signal: new AbortController().signal, stop: async () => undefined, clock };
  expect((await startBuild(port(fails("CLOUD_BUILD_ENVIRONMENT", 2)), input, options)).id).toBe("images:1");
  count = 0;
  await expect(startBuild(port(fails("CLOUD_BUILD_ENVIRONMENT", 9)), input, options)).rejects.toThrow();
  expect(count).toBe(4);
  count = 0;
  await expect(startBuild(port(fails("CLOUD_DENIED", 9)), input, options)).rejects.toThrow();
  expect(count).toBe(1);
});
