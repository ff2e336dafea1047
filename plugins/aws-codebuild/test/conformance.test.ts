import { assemble } from "@imagespec/builder-assemble";
import { startFakeAws } from "@imagespec/cloud-testbed";
import { isImageSpecError } from "@imagespec/errors";
import { testBuilder } from "@imagespec/plugin-kit";
import { serveIndex } from "@imagespec/plugin-kit/wheels";
import { type Stack, startStack } from "@imagespec/test-support";
import { afterAll, describe, test } from "vitest";
import { awsCodebuild } from "../src/index.ts";
import { registries } from "../src/registries.ts";
import { accessTo } from "./support/test-bench.ts";

/** The stack, where this machine can have it. */
async function findStack(): Promise<Stack | undefined> {
  try {
    return await startStack();
  } catch (error) {
    const isMissing = isImageSpecError(error, "ENGINE_DOWN") && error.details["missing"] !== undefined;
    // In CI a skip would hide that nothing was tested.
    if (process.env["CI"] || !isMissing) throw error;
    return undefined;
  }
}

const stack = await findStack();
const fake = stack && (await startFakeAws({ stack }));
const options = fake && {
  ...accessTo(fake),
  project: fake.project,
  bucket: fake.bucket,
  dialect: "base" as const,
  polling: { firstMs: 50, maxMs: 200, logMs: 50 },
};
/** A build takes seconds: these need one image. */
const everyDay = /: (definition|image contract)$/;
const ownImage =
  /^(keeps|clears|puts|compiles|lets|carries out|builds a|leaves runtime|installs Debian|stands on an|runs (commands|as the user of))/;
const isWhole = process.env["IMAGESPEC_WHOLE"] !== undefined;

describe.skipIf(stack === undefined)("conformance", () => {
  testBuilder({
    test: Object.assign(
      (name: string, body: () => Promise<void>, timeoutMs?: number) =>
        test.skipIf(!isWhole && ownImage.test(name))(name, body, timeoutMs),
      { skip: test.skip },
    ),
    describe: (name, define) => describe.skipIf(!isWhole && !everyDay.test(name))(name, define),
    afterAll,
    createBuilder: () => awsCodebuild(options),
    reference: () => assemble(),
    settings: stack &&
      fake && {
        registry: fake.registry,
        providers: registries(options),
        base: `${stack.registry}/library/python:3.12-slim`,
        serveIndex: (files, more) => serveIndex(files, { ...more, host: "0.0.0.0", hostname: stack.hostAddress() }),
        promptMs: 15_000,
        timeoutMs: 240_000,
      },
  });
});

afterAll(() => fake?.[Symbol.asyncDispose]());
