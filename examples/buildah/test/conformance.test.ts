import { assemble } from "@imagespec/builder-assemble";
import { isImageSpecError } from "@imagespec/errors";
import { testBuilder } from "@imagespec/plugin-kit";
import { enginesUnderTest, run, type Stack, startStack } from "@imagespec/test-support";
import { afterAll, describe, test } from "vitest";
import { buildah } from "../src/index.ts";

/** The stack, where this machine can have it, with buildah in it. */
async function findStack(): Promise<Stack | undefined> {
  try {
    const stack = await startStack();
    await run(["buildah", "--version"]);
    return stack;
  } catch (error) {
    const isMissing = isImageSpecError(error, "ENGINE_DOWN") && error.details["missing"] !== undefined;
    // In CI a skip would hide that nothing was tested.
    if (process.env["CI"] || !isMissing) throw error;
    return undefined;
  }
}

const stack = await findStack();
/** A build takes seconds. These groups need few of them, but for the tests that build an image of their own. */
const everyDay = /: (definition|selection|events|errors|image contract)$/;
const ownImage =
  /^(keeps|clears|puts|compiles|lets|carries out|builds a|leaves runtime|installs Debian|stands on an|runs (commands|as the user of))/;
const { slow } = enginesUnderTest();

describe.skipIf(stack === undefined)("conformance", () => {
  testBuilder({
    test: Object.assign(
      (name: string, body: () => Promise<void>, timeoutMs?: number) =>
        test.skipIf(!slow && ownImage.test(name))(name, body, timeoutMs),
      { skip: test.skip },
    ),
    describe: (name, define) => describe.skipIf(!slow && !everyDay.test(name))(name, define),
    afterAll,
    createBuilder: () => buildah({ network: "host" }),
    reference: () => assemble(),
    settings: stack && {
      registry: stack.registry,
      base: `${stack.registry}/library/python:3.12-slim`,
      engine: stack.dockerHost,
    },
  });
});
