import type { BuilderEvent } from "@imagespec/core";
import { expect, test } from "vitest";
import { aBuild, failedPhase } from "../testing/a-build.ts";
import { BuildPhases } from "./build-phases.ts";

function told(...builds: readonly Parameters<BuildPhases["update"]>[0][]): readonly string[] {
  const events: BuilderEvent[] = [];
  const phases = new BuildPhases((event) => void events.push(event), 1);
  for (const build of builds) phases.update(build);
  phases.end("canceled");
  return events.map((event) => (event.type === "step" ? `${event.name} ${event.state}` : `${event.type}`));
}

const done = (type: string) => ({ type, status: "SUCCEEDED", seconds: 2, contexts: [] });
const open = (type: string) => ({ type, status: undefined, seconds: undefined, contexts: [] });

test("each change is told once; bookkeeping is not", () => {
  const first = aBuild({ phases: [done("SUBMITTED"), open("QUEUED")] });
  const second = aBuild({
    currentPhase: "BUILD",
    phases: [done("SUBMITTED"), done("QUEUED"), done("PROVISIONING"), open("BUILD")],
  });
  expect(told(first, first, second)).toEqual([
    "queue running",
    "queue done",
    "machine running",
    "machine done",
    "build running",
    "build canceled",
  ]);
});

test("what fails is told with its context, whatever it is", () => {
  const build = aBuild({ status: "FAILED", phases: [failedPhase("UPLOAD_ARTIFACTS", "X", "no"), open("COMPLETED")] });
  expect(told(build)).toEqual(["upload artifacts running", "upload artifacts failed", "log"]);
});
