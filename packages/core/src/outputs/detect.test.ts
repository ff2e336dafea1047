import { expect, it } from "vitest";
import { detectEngineAddress } from "./detect.ts";

it("finds the engine that the environment names, else the first socket there is", () => {
  const detect = (env: Readonly<Record<string, string>>, platform: NodeJS.Platform, ...files: readonly string[]) =>
    detectEngineAddress(env, platform, "/users/anna", (path) => files.includes(path));
  expect(detect({ DOCKER_HOST: "tcp://10.0.0.1:2375" }, "linux")).toEqual({
    host: "tcp://10.0.0.1:2375",
    certificates: undefined,
  });
  expect(detect({ DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1" }, "linux").certificates).toBe(
    "/users/anna/.docker",
  );
  expect(
    detect({ DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" }, "linux").certificates,
  ).toBe("/c");
  expect(detect({}, "linux").host).toBe("unix:///var/run/docker.sock");
  expect(detect({ XDG_RUNTIME_DIR: "/run/user/1" }, "linux", "/run/user/1/docker.sock").host).toBe(
    "unix:///run/user/1/docker.sock",
  );
  expect(detect({}, "darwin", "/users/anna/.docker/run/docker.sock").host).toBe(
    "unix:///users/anna/.docker/run/docker.sock",
  );
  expect(detect({}, "win32").host).toBe("npipe:////./pipe/docker_engine");
});
