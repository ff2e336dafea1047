import { isImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { run } from "./run.ts";

const node = (script: string) => [process.execPath, "-e", script];

test("gives both outputs and the exit code", async () => {
  expect(await run(node("console.log(1); console.error(2)"))).toEqual({ stdout: "1\n", stderr: "2\n", exitCode: 0 });
});

test("passes input, environment and folder on, and takes variables away", async () => {
  process.env["IMAGESPEC_TEST_GONE"] = "here";
  const script =
    "process.stdin.pipe(process.stdout); console.log(process.env.A, process.env.IMAGESPEC_TEST_GONE, process.cwd())";
  const { stdout } = await run(node(script), {
    input: "in",
    cwd: "/",
    env: { A: "a b", IMAGESPEC_TEST_GONE: undefined },
  });
  delete process.env["IMAGESPEC_TEST_GONE"];
  expect(stdout).toBe("a b undefined /\nin");
});

test("a failure carries the end of the output", async () => {
  const failed = await run(node("console.error('why'); process.exit(3)")).catch((error: unknown) => error);
  expect(isImageSpecError(failed, "BUILD_STEP_FAILED")).toBe(true);
  expect(failed).toMatchObject({ logTail: ["why"], details: { exitCode: 3 } });
});

test("a failure can be a result", async () => {
  expect(await run(node("process.exit(3)"), { allowFailure: true })).toMatchObject({ exitCode: 3 });
});

test("a command that takes too long is killed", async () => {
  const failed = run(node("setInterval(() => {}, 1000)"), { timeoutMs: 200 });
  await expect(failed).rejects.toMatchObject({ code: "BUILD_TIMEOUT" });
});

test("input that nobody reads is no failure", async () => {
  await expect(run(node("process.exit(0)"), { input: "x".repeat(1 << 20) })).resolves.toMatchObject({ exitCode: 0 });
});

test("a program that does not exist rejects with the system's error", async () => {
  await expect(run(["/no/such/program"])).rejects.toMatchObject({ code: "ENOENT" });
});
