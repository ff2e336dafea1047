import type { BuildOutcome, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { type BrokenBuilder, fake, publish, wrapped } from "./broken-builder.ts";

const running = new Set<string>();
let lastEnv: ResolvedImageSpec["env"] = {};

/** Builders that break what the suite says about existence, outputs and concurrency. */
export const outputsDefects: readonly BrokenBuilder[] = [
  {
    defect: "leaves out the labels of the request",
    caughtBy: "existence/found-again",
    says: /no fingerprint label/,
    create: fake({ config: ({ Labels: _none, ...config }) => config }),
  },
  {
    defect: "does not build again when it is forced to",
    caughtBy: "existence/forced",
    says: /it is there already/,
    create: fake({
      during(_step, _spec, { force }) {
        if (force) throw new ImageSpecError("BUILD_FAILED", "it is there already");
      },
    }),
  },
  {
    defect: "says that it has everything",
    caughtBy: "existence/skip-is-true",
    says: /which cannot be confirmed|fails where it has to build/,
    create: fake({
      shouldBuild: ({ fingerprint, platforms }) => ({
        action: "skip",
        existing: { reference: "fake/none:1", digest: `sha256:${"0".repeat(64)}`, platforms, fingerprint },
      }),
    }),
  },
  {
    defect: "gives everybody its first image",
    caughtBy: "existence/changed-spec",
    says: /expected "/,
    create: (() => {
      let first: BuildOutcome | undefined;
      return wrapped((build) => async (spec, request) => {
        first ??= await build(spec, request);
        return first;
      });
    })(),
  },
  {
    defect: "claims an output",
    caughtBy: "outputs/oci-layout",
    says: /no layouts/,
    create: fake({
      during(_step, _spec, { output }) {
        if (output.kind === "oci-layout") throw new ImageSpecError("BUILD_FAILED", "no layouts");
      },
    }),
  },
  ...(["registry", "local-store", "docker-archive"] as const).map(
    (kind): BrokenBuilder => ({
      defect: `says that it wrote to an output of kind ${kind}, and did not`,
      caughtBy: `outputs/${kind}`,
      says: /which the output does not have/,
      create: fake({ outcome: (outcome) => ({ ...outcome, digest: `sha256:${"1".repeat(64)}` }) }),
    }),
  ),
  {
    defect: "claims engines",
    caughtBy: "outputs/engine",
    says: /no engines/,
    create: fake({
      during(_step, _spec, { output }) {
        if (output.kind === "engine") throw new ImageSpecError("BUILD_FAILED", "no engines");
      },
    }),
  },
  {
    defect: "returns another size",
    caughtBy: "outputs/outcome",
    says: /returns the size 7, the manifest has/,
    create: fake({ outcome: (outcome) => ({ ...outcome, size: 7 }) }),
  },
  {
    defect: "returns something of another shape",
    caughtBy: "outputs/outcome",
    says: /an outcome whose digest is "undefined"/,
    create: fake({ outcome: () => ({ image: "made" }) as never }),
  },
  {
    defect: "sets the tag itself",
    caughtBy: "outputs/untagged",
    says: /is there while the image is being written/,
    create: wrapped((build) => async (spec, request) => {
      await publish(spec, request);
      return build(spec, request);
    }),
  },
  {
    defect: "builds one platform for all",
    caughtBy: "outputs/platforms",
    says: /returned an outcome for \["linux\/amd64"\] where \["linux\/arm64"\] was asked for/,
    create: wrapped((build) => (spec, request) => build({ ...spec, platforms: ["linux/amd64"] }, request)),
  },
  {
    defect: "mixes up builds",
    caughtBy: "concurrency/side-by-side",
    says: /an image has not got the variable/,
    create: wrapped((build) => async (spec, request) => {
      lastEnv = spec.env;
      await new Promise((resolve) => setTimeout(resolve, 400));
      return build({ ...spec, env: lastEnv }, request);
    }),
  },
  {
    defect: "does not bear a twin",
    caughtBy: "concurrency/equal-specs",
    says: /a build fails beside its twin: BUILD_FAILED: it is being built/,
    create: wrapped((build) => async (spec, request) => {
      if (running.has(spec.fingerprint)) throw new ImageSpecError("BUILD_FAILED", "it is being built");
      running.add(spec.fingerprint);
      try {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return await build(spec, request);
      } finally {
        running.delete(spec.fingerprint);
      }
    }),
  },
];
