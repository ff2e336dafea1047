import { spawn } from "node:child_process";
import type { BuildOutcome } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { type BrokenBuilder, failsAs, publish, wrapped } from "./broken-builder.ts";

const nothing: Omit<BuildOutcome, "platforms"> = {
  digest: `sha256:${"0".repeat(64)}`,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: 1,
  timings: {},
  bytes: { downloaded: 0, uploaded: 0 },
};

/** Builders that break what the suite says about abort. */
export const abortDefects: readonly BrokenBuilder[] = [
  {
    defect: "builds what was aborted before",
    caughtBy: "abort/before",
    says: /resolves although it was aborted/,
    create: wrapped((build) => (spec, request) => build(spec, { ...request, signal: new AbortController().signal })),
  },
  {
    defect: "does not hear an abort while it waits",
    caughtBy: "abort/packages",
    says: /still works \d+ ms after it was aborted/,
    create: wrapped((build) => (spec, request) => build(spec, { ...request, signal: new AbortController().signal })),
  },
  {
    defect: "makes a success of an abort",
    caughtBy: "abort/steps",
    says: /aborted in the step "\w+": resolves although it was aborted/,
    create: wrapped((build) => async (spec, request) => {
      try {
        return await build(spec, request);
      } catch {
        return { ...nothing, platforms: spec.platforms };
      }
    }),
  },
  {
    defect: "calls an abort something else",
    caughtBy: "abort/base",
    says: /rejects with BUILD_FAILED instead of ABORTED/,
    create: failsAs((error) => new ImageSpecError("BUILD_FAILED", error.message, { hint: "look" })),
  },
  {
    defect: "leaves a process behind",
    caughtBy: "abort/base",
    says: /leaves \d+ process\(es\) behind/,
    create: wrapped((build) => (spec, request) => {
      spawn(process.execPath, ["-e", "setTimeout(() => {}, 1500)"], { stdio: "ignore" }).unref();
      return build(spec, request);
    }),
  },
  {
    defect: "publishes what was aborted",
    caughtBy: "abort/push",
    says: /is there although the build was aborted/,
    create: wrapped((build) => async (spec, request) => {
      await publish(spec, request);
      return build(spec, request);
    }),
  },
  {
    defect: "is spoilt by an abort",
    caughtBy: "abort/again",
    says: /fails where it has to build: BUILD_FAILED: it was aborted once/,
    create: (() => {
      const spoilt = new Set<string>();
      return wrapped((build) => async (spec, request) => {
        if (spoilt.has(spec.fingerprint)) throw new ImageSpecError("BUILD_FAILED", "it was aborted once");
        spoilt.add(spec.fingerprint);
        return build(spec, request);
      });
    })(),
  },
];
