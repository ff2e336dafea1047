import { type BrokenBuilder, emitsAs, emitsToo, wrapped } from "./broken-builder.ts";

/** Builders that break what the suite says about events. */
export const eventsDefects: readonly BrokenBuilder[] = [
  {
    defect: "emits events of the engine",
    caughtBy: "events/own-types",
    says: /emits "done"/,
    create: emitsToo({ type: "done", result: {} }),
  },
  {
    defect: "emits events without their fields",
    caughtBy: "events/shape",
    says: /log\.stream is "stdout"/,
    create: emitsToo({ type: "log", step: "layers", stream: "stdout", text: "x" }),
  },
  {
    defect: "fills in the engine's fields",
    caughtBy: "events/shape",
    says: /warning has t, builder, which the engine adds/,
    create: emitsToo({ type: "warning", message: "x", t: 1, builder: "me" }),
  },
  {
    defect: "says nothing of what it does",
    caughtBy: "events/steps",
    says: /emits no step/,
    create: emitsAs(() => () => undefined),
  },
  {
    defect: "takes a step back",
    caughtBy: "events/step-states",
    says: /"base" is "running" after it was "done"/,
    create: emitsToo({ type: "step", id: "base", name: "base", state: "running" }),
  },
  {
    defect: "leaves a step open",
    caughtBy: "events/steps-end",
    says: /"extra" ends as "running"/,
    create: emitsToo({ type: "step", id: "extra", name: "extra", state: "running" }),
  },
  {
    defect: "logs for a step that nobody knows",
    caughtBy: "events/known-steps",
    says: /names the step "ghost"/,
    create: emitsToo({ type: "log", step: "ghost", stream: "out", text: "boo" }),
  },
  {
    defect: "counts a transfer down",
    caughtBy: "events/transfers",
    says: /goes back from 9 to 3/,
    create: emitsToo(
      { type: "transfer", kind: "push", item: "layer", current: 9, unit: "byte" },
      { type: "transfer", kind: "push", item: "layer", current: 3, unit: "byte" },
    ),
  },
  {
    defect: "emits after the end",
    caughtBy: "events/nothing-late",
    says: /emits .*"late".* after the end/,
    create: wrapped((build) => async (spec, request) => {
      const outcome = await build(spec, request);
      setTimeout(() => request.emit({ type: "warning", message: "late" }), 20);
      return outcome;
    }),
  },
  {
    defect: "leaves a step running when it fails",
    caughtBy: "events/failed-build",
    says: /"resolve" is still "running" after the failure/,
    create: emitsAs((emit) => (event) => {
      if (event.type !== "step" || event.state !== "failed") emit(event);
    }),
  },
];
