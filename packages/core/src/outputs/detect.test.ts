import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { detectEngineAddress, engineAddress } from "./detect.ts";

type Files = Readonly<Record<string, string>>;

function on(platform: NodeJS.Platform, files: Files = {}) {
  const exists = (path: string) => Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`));
  return { platform, home: "/users/anna", exists, read: (path: string) => files[path] };
}

const detect = (env: Readonly<Record<string, string>>, platform: NodeJS.Platform = "linux", files: Files = {}) =>
  detectEngineAddress(env, on(platform, files));

const idOf = (name: string) => createHash("sha256").update(name).digest("hex");
const contextFiles = (folder: string, name: string, docker: object): Files => ({
  [`${folder}/contexts/meta/${idOf(name)}/meta.json`]: JSON.stringify({ Name: name, Endpoints: { docker } }),
});

it("takes what the environment names", () => {
  expect(detect({ DOCKER_HOST: "tcp://10.0.0.1:2375" })).toEqual({
    host: "tcp://10.0.0.1:2375",
    certificates: undefined,
    insecure: false,
    source: "DOCKER_HOST",
  });
  const tls = { DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1" };
  expect(detect(tls).certificates).toBe("/users/anna/.docker");
  expect(detect({ ...tls, DOCKER_CERT_PATH: "/c" }).certificates).toBe("/c");
  expect(engineAddress("tcp://o:1", { ...tls, DOCKER_CERT_PATH: "/c" }, on("linux"))).toMatchObject({
    host: "tcp://o:1",
    certificates: "/c",
  });
});

it("else takes the first socket there is", () => {
  expect(detect({}).host).toBe("unix:///var/run/docker.sock");
  const runtime = { XDG_RUNTIME_DIR: "/run/user/1" };
  expect(detect(runtime, "linux", { "/run/user/1/docker.sock": "" }).host).toBe("unix:///run/user/1/docker.sock");
  for (const socket of [".docker/run/docker.sock", ".colima/default/docker.sock", ".orbstack/run/docker.sock"]) {
    expect(detect({}, "darwin", { [`/users/anna/${socket}`]: "" }).host).toBe(`unix:///users/anna/${socket}`);
  }
  expect(detect({}, "win32").host).toBe("npipe:////./pipe/docker_engine");
});

it("follows the current docker context", () => {
  const files = {
    "/users/anna/.docker/config.json": '{"currentContext":"colima"}',
    ...contextFiles("/users/anna/.docker", "colima", { Host: "unix:///users/anna/.colima/docker.sock" }),
    ...contextFiles("/users/anna/.docker", "lab", { Host: "tcp://lab:2376", SkipTLSVerify: true }),
    [`/users/anna/.docker/contexts/tls/${idOf("lab")}/docker/ca.pem`]: "pem",
  };
  expect(detect({}, "darwin", files)).toEqual({
    host: "unix:///users/anna/.colima/docker.sock",
    certificates: undefined,
    insecure: false,
    source: 'docker context "colima"',
  });
  expect(detect({ DOCKER_CONTEXT: "lab" }, "linux", files)).toEqual({
    host: "tcp://lab:2376",
    certificates: `/users/anna/.docker/contexts/tls/${idOf("lab")}/docker`,
    insecure: true,
    source: 'docker context "lab"',
  });
  // docker's own order.
  expect(detect({ DOCKER_CONTEXT: "lab", DOCKER_HOST: "unix:///a" }, "linux", files).host).toBe("unix:///a");
  expect(detect({ DOCKER_CONTEXT: "default" }, "linux", files).host).toBe("unix:///var/run/docker.sock");
});

it("looks for contexts where DOCKER_CONFIG says", () => {
  const files = {
    "/etc/d/config.json": '{"currentContext":"a.b"}',
    ...contextFiles("/etc/d", "a.b", { Host: "ssh://me@h" }),
  };
  expect(detect({ DOCKER_CONFIG: "/etc/d" }, "linux", files).host).toBe("ssh://me@h");
});

it("says what is wrong with a context", () => {
  expect(() => detect({ DOCKER_CONTEXT: "gone" })).toThrow(
    'the docker context "gone", chosen by DOCKER_CONTEXT, does not exist',
  );
  expect(() => detect({}, "linux", { "/users/anna/.docker/config.json": "{" })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
  const kubernetes = contextFiles("/users/anna/.docker", "k", {});
  expect(() => detect({ DOCKER_CONTEXT: "k" }, "linux", kubernetes)).toThrow("has no address");
  const odd = { "/users/anna/.docker/config.json": '{"currentContext":3}' };
  expect(detect({}, "linux", odd).source).toBe("default socket");
});
