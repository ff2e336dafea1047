import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { uvEnvironment } from "./run-uv.ts";

const index = { defaultIndex: undefined, extraIndexes: [], loginUrls: [], caFile: undefined };

test("extra indexes of the spec come before those of the machine", () => {
  const extra = (env: Readonly<Record<string, string>>) =>
    uvEnvironment(env, { ...index, extraIndexes: ["https://spec.dev/"] })["UV_EXTRA_INDEX_URL"];
  expect(extra({ PIP_EXTRA_INDEX_URL: "https://pip.dev/" })).toBe("https://spec.dev/ https://pip.dev/");
  expect(extra({ UV_EXTRA_INDEX_URL: "https://uv.dev/", PIP_EXTRA_INDEX_URL: "https://pip.dev/" })).toBe(
    "https://spec.dev/ https://uv.dev/",
  );
});

test("logins of the spec reach git as configuration beside what is there", () => {
  const own = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "user.name", GIT_CONFIG_VALUE_0: "Ada" };
  const environment = uvEnvironment(own, { ...index, loginUrls: ["https://me:s%2Fx@git.dev/"] });
  expect(environment).toMatchObject({
    ...own,
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_1: "url.https://me:s%2Fx@git.dev/.insteadOf",
    GIT_CONFIG_VALUE_1: "https://git.dev/",
  });
});

test("git takes them", async (context) => {
  const environment = uvEnvironment(
    { PATH: process.env["PATH"], HOME: "/nowhere" },
    { ...index, loginUrls: ["https://me:x@git.dev/"] },
  );
  const git = promisify(execFile)("git", ["config", "--get-all", "url.https://me:x@git.dev/.insteadof"], {
    env: environment,
  });
  const found = await git.catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") context.skip("git is not installed");
    throw error;
  });
  expect(found.stdout).toBe("https://git.dev/\n");
});
