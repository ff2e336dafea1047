import { expect, test } from "vitest";
import { defaultCredentialFiles } from "./detect.ts";

test("looks at docker's file, then at podman's", () => {
  expect(defaultCredentialFiles({}, "/home/ann")).toEqual([
    "/home/ann/.docker/config.json",
    "/home/ann/.config/containers/auth.json",
  ]);
  const env = {
    DOCKER_CONFIG: "/d",
    REGISTRY_AUTH_FILE: "/r.json",
    XDG_RUNTIME_DIR: "/run/user/1",
    XDG_CONFIG_HOME: "/x",
  };
  expect(defaultCredentialFiles(env, "/home/ann")).toEqual([
    "/d/config.json",
    "/r.json",
    "/run/user/1/containers/auth.json",
    "/x/containers/auth.json",
  ]);
});
