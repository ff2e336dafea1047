import { ImageSpec, resolveImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { DaemonPool } from "./daemon-pool.ts";
import { fakeDaemon } from "./testing/fake-daemon.ts";

const { signal } = new AbortController();
const hosts = ["tcp://one:1", "tcp://two:1", "tcp://three:1"];

function pool(down: ReadonlySet<string> = new Set(), platforms: Readonly<Record<string, readonly string[]>> = {}) {
  return new DaemonPool({ hosts }, async (host = "") => {
    if (down.has(host)) throw new ImageSpecError("ENGINE_DOWN", `"${host}" does not answer`);
    const solve = async () => ({ exporter: {}, contextBytes: 0 });
    return fakeDaemon(solve, { address: host, platforms: platforms[host] ?? ["linux/amd64"] });
  });
}

function spec(packages: readonly string[], workdir = "/app") {
  return resolveImageSpec(new ImageSpec({ packages, workdir }), { root: import.meta.dirname });
}

test("a build comes back to the daemon that has its cache, and others go elsewhere", async () => {
  const used = new Set<string>();
  for (let index = 0; index < 30; index++) {
    const { address } = await pool().open(await spec([`package-${index}`]), signal);
    used.add(address);
    // Neither another process nor another source changes it.
    expect((await pool().open(await spec([`package-${index}`], "/elsewhere"), signal)).address).toBe(address);
  }
  expect([...used].sort()).toEqual([...hosts].sort());
});

test("a daemon that is down moves only its own builds", async () => {
  for (let index = 0; index < 20; index++) {
    const wanted = await spec([`package-${index}`]);
    const before = (await pool().open(wanted, signal)).address;
    const after = (await pool(new Set([hosts[0] ?? ""])).open(wanted, signal)).address;
    expect(after === before || before === hosts[0]).toBe(true);
    expect(after).not.toBe(hosts[0]);
  }
});

test("when none answers, all of them are named", async () => {
  const opened = pool(new Set(hosts)).open(await spec([]), signal);
  await expect(opened).rejects.toMatchObject({ code: "ENGINE_DOWN", message: expect.stringContaining("tcp://two:1") });
  await expect(pool(new Set(hosts)).facts(signal)).rejects.toMatchObject({ code: "ENGINE_DOWN" });
  expect(await pool(new Set(hosts.slice(1))).facts(signal)).toMatchObject([{ address: hosts[0] }]);
});

test("a platform goes to the daemon that runs it natively", async () => {
  const input = new ImageSpec({ platform: "linux/arm64" });
  const wanted = await resolveImageSpec(input, { root: import.meta.dirname });
  const platforms = { "tcp://one:1": ["linux/amd64", "linux/arm64"], "tcp://three:1": ["linux/arm64/v8"] };
  expect((await pool(new Set(), platforms).open(wanted, signal)).address).toBe("tcp://three:1");
});

test("an aborted build does not try the others", async () => {
  const aborted = AbortSignal.abort(new ImageSpecError("ABORTED", "stop"));
  const asked: string[] = [];
  const waiting = new DaemonPool({ hosts }, async (host = "") => {
    asked.push(host);
    throw new ImageSpecError("ABORTED", "stop");
  });
  await expect(waiting.open(await spec([]), aborted)).rejects.toMatchObject({ code: "ABORTED" });
});

test("who stops waiting for an answer does not stop the others", async () => {
  let resolve: () => void = () => undefined;
  const answer = new Promise<void>((done) => {
    resolve = done;
  });
  const asked: AbortSignal[] = [];
  const slow = new DaemonPool({ hosts: ["tcp://one:1"] }, async (_host, limit) => {
    asked.push(limit);
    await answer;
    return fakeDaemon(async () => ({ exporter: {}, contextBytes: 0 }));
  });
  const impatient = new AbortController();
  const first = slow.facts(impatient.signal);
  const second = slow.facts(signal);
  impatient.abort(new ImageSpecError("ABORTED", "enough"));
  await expect(first).rejects.toMatchObject({ code: "ABORTED" });
  resolve();
  expect(await second).toHaveLength(1);
  expect(asked).toHaveLength(1);
});
