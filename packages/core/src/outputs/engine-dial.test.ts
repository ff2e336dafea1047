import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { engineDial } from "./engine-dial.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagespec-"));
  await writeFile(join(folder, "ca.pem"), "the ca");
});
afterAll(() => rm(folder, { recursive: true }));

const dial = (host: string, certificates?: string, insecure = false) => engineDial({ host, certificates, insecure });

it("knows sockets, pipes and ports", async () => {
  expect(await dial("unix:///run/d.sock")).toEqual({ kind: "socket", path: "/run/d.sock" });
  expect(await dial("npipe:////./pipe/docker_engine")).toEqual({ kind: "socket", path: "//./pipe/docker_engine" });
  expect(await dial("tcp://h")).toEqual({ kind: "tcp", host: "h", port: 2375 });
  expect(await dial("http://[::1]:99/")).toEqual({ kind: "tcp", host: "::1", port: 99 });
  expect(await dial("https://h")).toEqual({ kind: "tls", host: "h", port: 2376, tls: {} });
  expect(await dial("tcp://h:1", folder)).toEqual({ kind: "tls", host: "h", port: 1, tls: { ca: "the ca" } });
  const given = { host: "tcp://h", certificates: { cert: "c", key: "k" }, insecure: false, serverName: "n" };
  expect(await engineDial(given)).toMatchObject({ port: 2376, tls: { cert: "c", key: "k", servername: "n" } });
  expect(await dial("tcp://h", undefined, true)).toMatchObject({ kind: "tls", tls: { rejectUnauthorized: false } });
});

it("refuses what cannot be connected to", async () => {
  await expect(dial("ssh://me@h")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
  await expect(dial("tcp://h", join(folder, "gone"))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
