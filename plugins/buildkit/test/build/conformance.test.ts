import { assemble } from "@imagespec/builder-assemble";
import { testBuilder } from "@imagespec/plugin-kit";
import { serveIndex } from "@imagespec/plugin-kit/wheels";
import { enginesUnderTest, startStack } from "@imagespec/test-support";
import { describe, test } from "vitest";
import { buildkit } from "../../src/index.ts";

const { engines, buildkitd, daemons, slow } = enginesUnderTest();

// Every kind of image once, on every daemon: minutes, and everything that is particular to BuildKit has tests of its own.
if (!slow) test.skip("the conformance suite (IMAGESPEC_ENGINES is not set)");
else {
  const stack = await startStack({ engines, buildkitd });
  for (const daemon of daemons) {
    const address = daemon === "buildkitd" ? stack.buildkit?.address : stack.engines[daemon]?.dockerHost;
    if (address === undefined) throw new Error(`the stack has no ${daemon}`);
    const reproducible = daemon === "buildkitd";
    describe(daemon, () => {
      testBuilder({
        test,
        describe,
        createBuilder: () => buildkit({ host: address, ...(reproducible ? { reproducible } : {}) }),
        reference: () => assemble(),
        settings: {
          base: `${stack.registry}/library/python:3.12-slim`,
          registry: stack.registry,
          ...(daemon === "buildkitd" ? {} : { engine: address }),
          serveIndex: (files, options) =>
            serveIndex(files, { ...options, host: "0.0.0.0", hostname: stack.hostAddress(daemon) }),
          promptMs: 15_000,
          timeoutMs: 240_000,
        },
      });
    });
  }
}
