import type { BuilderEvent } from "@imagespec/core";
import type { ConformanceCase } from "../conformance-case.ts";
import type { ObservedBuild } from "../session/observe-builder.ts";
import type { Session } from "../session/session.ts";
import { eventShape } from "./event-shape.ts";

const group = "events";
const ended: ReadonlySet<string> = new Set(["done", "cached", "failed", "canceled"]);
const rank: Readonly<Record<string, number>> = { queued: 0, running: 1, done: 2, cached: 2, failed: 2, canceled: 2 };

type StepEvent = Extract<BuilderEvent, { readonly type: "step" }>;

export const eventCases: readonly ConformanceCase[] = [
  {
    group,
    id: "own-types",
    title: "emits step, log, transfer, warning and retry, and leaves started and done to the engine",
    async run(session) {
      const breaches = session.breaches();
      const own = new Set(["step", "log", "transfer", "warning", "retry"]);
      for (const { type } of await fullEvents(session)) breaches.check(own.has(type), `emits "${type}"`);
      breaches.end("drop these events; the engine emits started and done itself");
    },
  },
  {
    group,
    id: "shape",
    title: "gives every event its fields",
    async run(session) {
      const breaches = session.breaches();
      for (const event of await fullEvents(session)) breaches.add(...eventShape(event));
      breaches.end("give events the fields of docs/reference/events.md, without t, build, builder and platform");
    },
  },
  {
    group,
    id: "steps",
    title: "tells of its steps",
    async run(session) {
      const breaches = session.breaches();
      const steps = stepsOf(await fullEvents(session));
      breaches.check(steps.size > 0, "emits no step: nobody sees that it works");
      breaches.end(
        "emit a step with state running when a piece of work begins, and with state done and ms when it ends",
      );
    },
  },
  {
    group,
    id: "step-states",
    title: "moves every step forward: queued, running, then one end",
    async run(session) {
      const breaches = session.breaches();
      for (const [id, events] of stepsOf(await fullEvents(session))) breaches.add(...stateBreaches(id, events));
      breaches.end("emit nothing more for a step that has ended, and no earlier state than the last one");
    },
  },
  {
    group,
    id: "steps-end",
    title: "ends every step that it began when the build succeeds",
    async run(session) {
      const breaches = session.breaches();
      for (const [id, events] of stepsOf(await fullEvents(session))) {
        const { state } = events.at(-1) ?? { state: "queued" };
        breaches.check(
          state === "done" || state === "cached",
          `the step "${id}" ends as "${state}" in a build that succeeds`,
        );
      }
      breaches.end("end every step with done or cached before build resolves");
    },
  },
  {
    group,
    id: "known-steps",
    title: "logs and transfers for steps that it tells of",
    async run(session) {
      const breaches = session.breaches();
      const events = await fullEvents(session);
      const steps = stepsOf(events);
      for (const event of events) {
        if (event.type !== "log" && event.type !== "transfer") continue;
        const { step } = event;
        breaches.check(
          step === undefined || steps.has(step),
          `a ${event.type} names the step "${step}", which has no event`,
        );
      }
      breaches.end("use the id of a step as the step of its logs and transfers");
    },
  },
  {
    group,
    id: "transfers",
    title: "counts transfers upwards, never past their total",
    async run(session) {
      const breaches = session.breaches();
      const last = new Map<string, number>();
      for (const event of await fullEvents(session)) {
        if (event.type !== "transfer") continue;
        const { kind, item, step = "", current, total } = event;
        const key = [step, kind, item].join("\0");
        breaches.check(
          current >= (last.get(key) ?? 0),
          `${kind} of "${item}" goes back from ${last.get(key)} to ${current}`,
        );
        breaches.check(total === undefined || current <= total, `${kind} of "${item}" is at ${current} of ${total}`);
        last.set(key, current);
      }
      breaches.end("let current say how much there is so far");
    },
  },
  {
    group,
    id: "nothing-late",
    title: "emits nothing after its build has ended",
    async run(session) {
      const breaches = session.breaches();
      const { observed } = await session.full();
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (const { late } of observed.builds) {
        for (const event of late) breaches.add(`emits ${JSON.stringify(event).slice(0, 120)} after the end`);
      }
      breaches.end("await whatever still emits before build resolves or rejects");
    },
  },
  {
    group,
    id: "failed-build",
    title: "leaves no step running when a build fails",
    async run(session) {
      const breaches = session.breaches();
      const { indexUrl } = await session.environment();
      const trial = await session.trial({ packages: ["conf-not-there"], pipIndex: indexUrl });
      const [build] = trial.observed.builds;
      await build?.settled;
      for (const [id, events] of stepsOf(build?.events ?? [])) {
        breaches.add(...stateBreaches(id, events));
        const { state } = events.at(-1) ?? { state: "queued" };
        breaches.check(ended.has(state), `the step "${id}" is still "${state}" after the failure`);
      }
      breaches.end("end steps with failed, or canceled, before build rejects");
    },
  },
];

async function fullEvents(session: Session): Promise<readonly BuilderEvent[]> {
  const { observed } = await session.full();
  return observed.builds.flatMap((build: ObservedBuild) => build.events);
}

function stepsOf(events: readonly BuilderEvent[]): ReadonlyMap<string, readonly StepEvent[]> {
  const steps = new Map<string, StepEvent[]>();
  for (const event of events) {
    if (event.type === "step") steps.set(event.id, [...(steps.get(event.id) ?? []), event]);
  }
  return steps;
}

function stateBreaches(id: string, events: readonly StepEvent[]): readonly string[] {
  return events.slice(1).flatMap(({ state }, index) => {
    const before = events[index]?.state ?? "queued";
    if (ended.has(before)) return [`the step "${id}" is "${state}" after it was "${before}"`];
    return (rank[state] ?? 0) >= (rank[before] ?? 0)
      ? []
      : [`the step "${id}" goes back from "${before}" to "${state}"`];
  });
}
