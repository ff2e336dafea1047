import type { BuilderEvent } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { openContentStore } from "@imagespec/image-store";
import { temporaryFolder } from "@imagespec/test-support";
import { expect, test } from "vitest";
import type { BuildSession } from "./build-session.ts";
import { onBase } from "./on-base.ts";
import { fakeDaemon } from "./testing/fake-daemon.ts";
import { storedBase } from "./testing/stored-base.ts";

async function session(folder: string, address: string) {
  const events: BuilderEvent[] = [];
  const content = await openContentStore(folder);
  const daemon = fakeDaemon(async () => ({ exporter: {}, contextBytes: 0 }), { address });
  const request = {
    store: { content },
    signal: new AbortController().signal,
    emit: (event: BuilderEvent) => void events.push(event),
  };
  // What is looked at of a session.
  return { events, session: { daemon, request } as unknown as BuildSession };
}

function pullFailure(reference: string): ImageSpecError {
  return new ImageSpecError("REGISTRY_DOWN", `"${reference}" cannot be pulled`, { details: { reference } });
}

test("a base in a registry is pulled by the daemon, by digest", async () => {
  await using base = await storedBase();
  await using folder = await temporaryFolder();
  const near = await session(folder.path, "unix:///run/docker.sock");
  const used = await onBase(near.session, base.asBase("registry.example"), async ({ reference }) => reference);
  expect(used).toBe(`registry.example/acme/base@${base.manifest.descriptor.digest}`);
});

test("a daemon that cannot pull it gets it from here, once", async () => {
  await using base = await storedBase();
  await using folder = await temporaryFolder();
  const near = await session(folder.path, "unix:///run/docker.sock");
  const used: string[] = [];
  await onBase(near.session, base.asBase("registry.example"), async ({ reference }) => {
    used.push(reference);
    if (used.length === 1) throw pullFailure("registry.example/acme/base");
    const [name = "", digest] = reference.split("@");
    const slash = name.indexOf("/");
    const place = { registry: name.slice(0, slash), repository: name.slice(slash + 1) };
    expect(await base.client.repository(place).hasBlob(base.layer.digest)).toBe(true);
    expect(digest).toBe(base.manifest.descriptor.digest);
  });
  expect(used[1]).toMatch(/^127\.0\.0\.1:\d+\/imagespec\//);
  expect(near.events).toMatchObject([{ type: "warning", message: expect.stringContaining("registry.example") }]);
  const failing = onBase(near.session, base.asBase("registry.example"), async ({ reference }) => {
    throw pullFailure(reference.split("@")[0] ?? "");
  });
  await expect(failing).rejects.toMatchObject({ code: "REGISTRY_DOWN" });
});

test("other failures, and those of daemons elsewhere, are what they are", async () => {
  await using base = await storedBase();
  await using folder = await temporaryFolder();
  const near = await session(folder.path, "unix:///run/docker.sock");
  const far = await session(folder.path, "tcp://build.example:1234");
  let count = 0;
  const fail = (error: Error) => async (): Promise<never> => {
    count++;
    throw error;
  };
  const image = base.asBase("registry.example");
  const step = new ImageSpecError("BUILD_STEP_FAILED", "exit code 7");
  await expect(onBase(near.session, image, fail(step))).rejects.toBe(step);
  const pull = pullFailure("registry.example/acme/base");
  await expect(onBase(far.session, image, fail(pull))).rejects.toBe(pull);
  const other = pullFailure("registry.example/acme/other");
  await expect(onBase(near.session, image, fail(other))).rejects.toBe(other);
  expect(count).toBe(3);
});

test("a base that only this machine has is served to a daemon on it, and to no other", async () => {
  await using base = await storedBase();
  await using folder = await temporaryFolder();
  const near = await session(folder.path, "unix:///run/docker.sock");
  const far = await session(folder.path, "tcp://build.example:1234");
  const used = await onBase(near.session, base.asBase(undefined), async ({ reference }) => reference);
  expect(used).toMatch(/^127\.0\.0\.1:\d+\/imagespec\//);
  for (const image of [base.asBase(undefined), base.asBase("localhost:5000")]) {
    await expect(onBase(far.session, image, async () => undefined)).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      hint: expect.stringMatching(/^push /),
      problems: [{ path: "baseImage" }],
    });
  }
});
