import type { BuilderEvent } from "@imagespec/core";
import { expect, test } from "vitest";
import { PlainProgress } from "./read-plain-progress.ts";

const plan = {
  text: "FROM base AS image\nRUN apt-get install git\nRUN exit 7\n",
  steps: [
    { firstLine: 2, lastLine: 2, name: "apt", field: "aptPackages" },
    { firstLine: 3, lastLine: 3, name: "exit 7", field: "commands[0]" },
  ],
};

function read(log: string, end: "failed" | "canceled" = "failed") {
  const events: BuilderEvent[] = [];
  const others: string[] = [];
  const progress = new PlainProgress(plan, {
    emit: (event) => void events.push(event),
    onOther: (line) => void others.push(line),
  });
  for (const line of log.split("\n")) progress.push(line);
  progress.end(end);
  const told = events.map((event) =>
    event.type === "step" ? `${event.name} ${event.state}${event.ms === undefined ? "" : ` ${event.ms}`}` : event.type,
  );
  return { progress, told, others };
}

test("tells steps of the plan, their times, and which one failed with its last lines", () => {
  const { progress, told, others } = read(`imagespec: docker 28
#1 [internal] load build definition from Dockerfile
#1 sha256:05d0790fb2
#1 DONE 0.1s
#2 [image 1/3] FROM docker.io/library/base
#2 CACHED
#3 [image 2/3] RUN apt-get install git
#3 0.210 Reading package lists
#3 DONE 2.5s
#4 [image 3/3] RUN exit 7
#4 0.100 about to fail
#4 ERROR: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7
------`);
  expect(told).toEqual([
    "pull base running",
    "pull base cached 0",
    "apt running",
    "log",
    "apt done 2500",
    "exit 7 running",
    "log",
    "exit 7 failed",
  ]);
  expect(others).toEqual(["imagespec: docker 28", "------"]);
  expect(progress.failed).toMatchObject({ planned: { field: "commands[0]" }, tail: ["about to fail"] });
  expect([progress.built, progress.timings]).toEqual([1, { apt: 2500 }]);
});

test("ends what is still running", () => {
  expect(read("#3 [image 2/3] RUN apt-get install git", "canceled").told).toEqual(["apt running", "apt canceled"]);
});
