import { assemble } from "@imagespec/builder-assemble";
import { isImageSpecError } from "@imagespec/errors";
import { testBuilder } from "@imagespec/plugin-kit";
import { serveIndex } from "@imagespec/plugin-kit/wheels";
import { type Stack, startStack } from "@imagespec/test-support";
import { afterAll, describe, test, vi } from "vitest";
import { googleCloudBuild } from "../src/index.ts";
import { openBench } from "./support/bench.ts";
import { loginFolder } from "./support/login-folder.ts";

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
const bench = stack && (await openBench(stack));
// The suite reads what was built with the logins of docker's configuration.
const login = bench && (await loginFolder(bench.google));
if (login !== undefined) vi.stubEnv("DOCKER_CONFIG", login.path);
/** A build takes seconds: these need one image. */
const everyDay = /: (definition|image contract)$/;
const ownImage =
  /^(keeps|clears|puts|compiles|lets|carries out|builds a|leaves runtime|installs Debian|stands on an|runs (commands|as the user of))/;
const isWhole = process.env["IMAGESPEC_WHOLE"] === "1";

describe.skipIf(bench === undefined)("conformance", () => {
  testBuilder({
    test: Object.assign(
      (name: string, body: () => Promise<void>, timeoutMs?: number) =>
        test.skipIf(!isWhole && ownImage.test(name))(name, body, timeoutMs),
      { skip: test.skip },
    ),
    describe: (name, define) => describe.skipIf(!isWhole && !everyDay.test(name))(name, define),
    afterAll,
    createBuilder: () => googleCloudBuild(bench?.options),
    reference: () => assemble(),
    settings: bench &&
      stack && {
        registry: bench.google.registry,
        namespace: `${bench.google.project}/images`,
        base: bench.base,
        serveIndex: (files, options) =>
          serveIndex(files, { ...options, host: "0.0.0.0", hostname: stack.hostAddress() }),
        promptMs: 15_000,
        timeoutMs: 240_000,
      },
  });
});

afterAll(async () => {
  await login?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
});
