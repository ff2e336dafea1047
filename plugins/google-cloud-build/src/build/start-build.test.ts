import type { BuilderEvent } from "@imagespec/core";
import { expect, test } from "vitest";
import type { BuildMessage } from "../client/build-message.ts";
import type { BuildState } from "../client/build-state.ts";
import type { CloudBuildClient } from "../client/cloud-build-client.ts";
import { parseBuild } from "../client/parse-build.ts";
import { startBuild } from "./start-build.ts";

const clock = { now: () => 0, sleep: async () => undefined };
const lost = Object.assign(new Error("14 UNAVAILABLE"), { code: 14 });
const busy = Object.assign(new Error("8 RESOURCE_EXHAUSTED"), { code: 8 });

/** A service in which builds appear, whose answers fail as given: `accepted` when the build was taken all the same. */
function service(
  failures: readonly { readonly error: Error; readonly accepted?: boolean }[],
  there: readonly BuildState[] = [],
) {
  const builds = [...there];
  const left = [...failures];
  let created = 0;
  const client: CloudBuildClient = {
    async createBuild() {
      created++;
      const failure = left.shift();
      const state = parseBuild({ id: `new-${created}`, status: "QUEUED" });
      if (failure === undefined || failure.accepted === true) builds.unshift(state);
      if (failure !== undefined) throw failure.error;
      return state;
    },
    listBuilds: async () => [...builds],
    getBuild: () => Promise.reject(new Error("not asked for")),
    cancelBuild: () => Promise.reject(new Error("not asked for")),
    close: async () => undefined,
  };
  return { client, builds, created: () => created };
}

async function start({ client }: ReturnType<typeof service>, signal = new AbortController().signal) {
  const events: BuilderEvent[] = [];
  const place = { project: "acme", location: "global", bucket: "b", prefix: "p", logs: "b/l" };
  const api = {
    project: async () => "acme",
    principal: async () => undefined,
    token: async () => ({ token: "", expires: 0 }),
    request: async () => ({ status: 200, body: {} }),
  };
  // What the message says makes no difference to this service.
  const build = { message: {} as BuildMessage, key: "k" };
  return {
    ...(await startBuild({ place, cloudBuild: client, api }, build, {
      emit: (event) => void events.push(event),
      signal,
      clock,
    })),
    events,
  };
}

test("one build, whatever is lost", async () => {
  for (const failures of [
    [],
    [{ error: busy }, { error: busy }],
    [{ error: lost, accepted: true }],
    [{ error: lost }, { error: lost }],
    [{ error: lost }, { error: lost, accepted: true }],
  ]) {
    const fake = service(failures);
    const { isJoined } = await start(fake);
    expect(isJoined).toBe(false);
    expect(fake.builds).toHaveLength(1);
  }
});

test("a twin that runs is joined; one that has ended is not", async () => {
  const running = service([], [parseBuild({ id: "twin", status: "WORKING" })]);
  expect(await start(running)).toMatchObject({ isJoined: true, state: { id: "twin" } });
  expect(running.created()).toBe(0);
  const ended = service([{ error: lost, accepted: true }], [parseBuild({ id: "old", status: "SUCCESS" })]);
  expect(await start(ended)).toMatchObject({ isJoined: false, state: { id: "new-1" } });
});

test("it gives up after some attempts, and at once where that is no use", async () => {
  const down = service(Array.from({ length: 9 }, () => ({ error: lost })));
  await expect(start(down)).rejects.toMatchObject({ code: "CLOUD_DOWN" });
  expect(down.created()).toBe(4);
  const wrong = service([{ error: Object.assign(new Error("3 INVALID_ARGUMENT: no"), { code: 3 }) }]);
  await expect(start(wrong)).rejects.toMatchObject({ code: "CLOUD_ERROR" });
  expect(wrong.created()).toBe(1);
});

test("aborted before it began, nothing is asked for", async () => {
  const fake = service([]);
  await expect(start(fake, AbortSignal.abort())).rejects.toMatchObject({ code: "ABORTED" });
  expect(fake.created()).toBe(0);
});
