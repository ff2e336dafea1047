import { readdir, readFile } from "node:fs/promises";
import type { BuilderEvent, ImageSpecInput } from "@imagespec/core";
import { isImageSpecError, messageOf, systemCodeOf } from "@imagespec/errors";
import type { ConformanceCase } from "../conformance-case.ts";
import { fullSpec } from "../session/full-spec.ts";
import type { BuildHooks, ObservedBuild } from "../session/observe-builder.ts";
import type { Session } from "../session/session.ts";
import type { TrialOptions } from "../session/trial.ts";

const group = "abort";
const hint = "hand request.signal on to everything that waits, and reject with ABORTED as soon as it is triggered";

/** Where a builder has many steps, each of them costs a build. */
const mostSteps = 6;

export const abortCases: readonly ConformanceCase[] = [
  {
    group,
    id: "before",
    title: "does nothing when it was aborted before it began",
    async run(session) {
      const breaches = session.breaches();
      let writes = 0;
      const trial = await session.trial(await freshSpec(session), {
        hooks: {
          given: (spec, request) => [spec, { ...request, signal: AbortSignal.abort() }],
          onWritten: () => writes++,
        },
      });
      const [build] = trial.observed.builds;
      breaches.add(...(await endBreaches(session, build, performance.now())));
      breaches.check(writes === 0, `writes ${writes} times for a build that was aborted before it began`);
      breaches.add(...(await publishedBreaches(session, trial)));
      breaches.end(hint);
    },
  },
  {
    group,
    id: "base",
    title: "stops while it looks at its base",
    async run(session) {
      await abortedTrial(session, await freshSpec(session), (abort) => ({ onBase: abort, onEvent: abort }));
    },
  },
  {
    group,
    id: "packages",
    title: "stops while the package index does not answer",
    async run(session) {
      const { held, indexUrl } = await session.environment();
      const project = `conf-held-${session.newName().replace(/\W+/g, "-")}`;
      try {
        await abortedTrial(session, { packages: [project], pipIndex: indexUrl }, (abort) => {
          held.set(project, abort);
          return {};
        });
      } finally {
        held.delete(project);
      }
    },
  },
  {
    group,
    id: "push",
    title: "stops while it delivers the image",
    async run(session) {
      const { registryRequests } = await session.environment();
      const name = session.newName();
      let watch: ReturnType<typeof setInterval> | undefined;
      const hooksOf = (abort: () => void): BuildHooks => ({
        given: (...given) => {
          const before = registryRequests.length;
          // Builders that push by themselves do not write to the sink.
          watch = setInterval(() => {
            const own = registryRequests.slice(before).filter(({ path }) => path.includes(name));
            if (own.some(({ method }) => !/GET|HEAD/.test(method))) abort();
          }, 2);
          return given;
        },
        onWrite: abort,
        onEvent: (event) => isDelivery(event) && abort(),
      });
      try {
        await abortedTrial(session, await freshSpec(session), hooksOf, { name });
      } finally {
        clearInterval(watch);
      }
    },
  },
  {
    group,
    id: "steps",
    title: "stops in each of its steps",
    async run(session) {
      const breaches = session.breaches();
      const { observed } = await session.full();
      const ids = new Set(
        observed.builds.flatMap(({ events }) => events.flatMap((event) => (event.type === "step" ? event.id : []))),
      );
      for (const id of spread([...ids], mostSteps)) {
        const found = await abortBreaches(session, await freshSpec(session), (abort) => ({
          onEvent: (event) => event.type === "step" && event.id === id && event.state === "running" && abort(),
        }));
        breaches.add(...found.map((breach) => `aborted in the step "${id}": ${breach}`));
      }
      breaches.end(hint);
    },
  },
  {
    group,
    id: "again",
    title: "builds after an abort as if nothing had happened",
    async run(session) {
      const input = await freshSpec(session);
      const builder = session.createBuilder();
      await abortBreaches(session, input, (abort) => ({ onWrite: abort }), { builder });
      await session.built(input, { builder });
    },
  },
];

/** The first, the last, and some in between. */
function spread(list: readonly string[], most: number): readonly string[] {
  if (list.length <= most) return list;
  const last = list.length - 1;
  return Array.from({ length: most }, (_, index) => list[Math.round((index * last) / (most - 1))] ?? "");
}

/** A spec with packages and source that no earlier build had. */
async function freshSpec(session: Session): Promise<ImageSpecInput> {
  return { ...fullSpec(await session.environment()), env: { CONF_FRESH: session.newName() } };
}

function isDelivery(event: BuilderEvent): boolean {
  return event.type === "transfer" && (event.kind === "push" || event.kind === "export");
}

async function abortedTrial(
  session: Session,
  input: ImageSpecInput,
  hooksOf: (abort: () => void) => BuildHooks,
  options: Pick<TrialOptions, "name"> = {},
): Promise<void> {
  const breaches = session.breaches();
  breaches.add(...(await abortBreaches(session, input, hooksOf, options)));
  breaches.end(hint);
}

/** Aborts a build at a moment of its own, and says what is wrong with how it ends. */
async function abortBreaches(
  session: Session,
  input: ImageSpecInput,
  hooksOf: (abort: () => void) => BuildHooks,
  options: Pick<TrialOptions, "name" | "builder"> = {},
): Promise<readonly string[]> {
  const processes = await processCount();
  const controller = new AbortController();
  let aborted: number | undefined;
  const abort = (): void => {
    aborted ??= performance.now();
    controller.abort();
  };
  const trial = await session.trial(input, {
    hooks: hooksOf(abort),
    signal: controller.signal,
    ...options,
  });
  if (aborted === undefined) {
    return trial.error === undefined
      ? []
      : [`fails before it could be aborted: ${trial.error.code}: ${trial.error.message}`];
  }
  const breaches = [...(await endBreaches(session, trial.observed.builds[0], aborted))];
  if (trial.error?.code !== "ABORTED") breaches.push(`comes to ${trial.error?.code ?? "an image"} instead of ABORTED`);
  breaches.push(...(await publishedBreaches(session, trial)));
  const left = await settledProcessCount(processes, session.promptMs);
  if (left > processes) breaches.push(`leaves ${left - processes} process(es) behind`);
  return breaches;
}

/** How the builder's own promise ended. */
async function endBreaches(
  session: Session,
  build: ObservedBuild | undefined,
  since: number,
): Promise<readonly string[]> {
  if (build === undefined) return ["build was not called"];
  const inTime = await within(session.promptMs, build.settled);
  if (!inTime) return [`still works ${session.promptMs} ms after it was aborted`];
  const ms = performance.now() - since;
  const breaches = ms > session.promptMs + 1000 ? [`took ${Math.round(ms)} ms to stop`] : [];
  if (build.state === "fulfilled") breaches.push("resolves although it was aborted");
  else if (!isImageSpecError(build.error, "ABORTED")) {
    const code = isImageSpecError(build.error) ? build.error.code : "a plain error";
    breaches.push(`rejects with ${code} instead of ABORTED: ${messageOf(build.error)}`);
  }
  return breaches;
}

async function publishedBreaches(
  session: Session,
  trial: Parameters<Session["published"]>[0],
): Promise<readonly string[]> {
  const names = await session.published(trial);
  return names.length === 0 ? [] : [`"${names[0]}" is there although the build was aborted`];
}

async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true as const), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Processes that this one has started, also those that nobody waits for. */
async function processCount(): Promise<number> {
  if (process.platform !== "linux") {
    return process.getActiveResourcesInfo().filter((kind) => kind === "ProcessWrap").length;
  }
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(pids.map(parentOf));
  return parents.filter((parent) => parent === process.pid).length;
}

/** Nothing for a process that has ended meanwhile, and for one that has ended and is not yet forgotten. */
async function parentOf(pid: string): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : Number(parent);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** A process that was told to end takes a moment to do so. */
async function settledProcessCount(wanted: number, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let count = await processCount();
  while (count > wanted && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    count = await processCount();
  }
  return count;
}
