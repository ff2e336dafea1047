import { assemble } from "@imagespec/builder-assemble";
import { testBuilder } from "@imagespec/plugin-kit";
import { startStack } from "@imagespec/test-support";
import { afterAll, describe, test } from "vitest";
import { buildah } from "../src/index.ts";

const stack = await startStack();

testBuilder({
  test,
  describe,
  afterAll,
  createBuilder: () => buildah({ network: "host" }),
  reference: () => assemble(),
  settings: {
    registry: stack.registry,
    base: `${stack.registry}/library/python:3.12-slim`,
    engine: stack.dockerHost,
  },
});
