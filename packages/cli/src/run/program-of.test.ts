import type { ImageConfig } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import { programOf } from "./program-of.ts";

const image = (config: ImageConfig["config"]) =>
  ({
    reference: "acme/train:1",
    config: {
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: [] },
      ...(config ? { config } : {}),
    },
  }) as const;
const request = { args: [], entrypoint: undefined, env: {} };

describe("the command", () => {
  const train = image({ Entrypoint: ["python", "-m", "train"], Cmd: ["--fast"] });
  test.each([
    ["entrypoint and cmd", {}, ["python", "-m", "train", "--fast"]],
    ["arguments in place of cmd", { args: ["-x"] }, ["python", "-m", "train", "-x"]],
    ["another entrypoint, without the cmd of the image's", { entrypoint: "sh" }, ["sh"]],
    ["both", { entrypoint: "sh", args: ["-c", "id"] }, ["sh", "-c", "id"]],
  ])("%s", (_what, changes, command) => {
    expect(programOf(train, { ...request, ...changes }).command).toEqual(command);
  });

  test("has to come from somewhere", () => {
    expect(() => programOf(image(undefined), request)).toThrow(expect.objectContaining({ code: "SPEC_VALUE" }));
  });
});

test("environment, folder and user", () => {
  const config = { Cmd: ["x"], Env: ["A=1=2", "B=old", "EMPTY="], WorkingDir: "/app", User: "65532" };
  expect(programOf(image(config), { ...request, env: { B: "new" } })).toEqual({
    command: ["x"],
    env: { PATH: expect.stringContaining("/usr/bin"), A: "1=2", B: "new", EMPTY: "" },
    workdir: "/app",
    user: "65532",
  });
  expect(programOf(image({ Cmd: ["x"] }), request)).toMatchObject({ workdir: "/", user: "" });
});
