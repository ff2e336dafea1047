import { testBuilder } from "@imagespec/plugin-kit";
import { temporaryFolder } from "@imagespec/test-support";
import { nixTools } from "@imagespec/test-support/nix";
import { afterAll, describe, test } from "vitest";
import { namedNix } from "./named-nix.ts";

const everyDay = /: (definition|selection|events|errors|image contract)$/;
const isWhole = process.env["IMAGESPEC_WHOLE"] !== undefined;

const tools = await nixTools().catch((error: unknown) => {
  if (process.env["CI"]) throw error;
  return undefined;
});

describe.skipIf(tools === undefined)("wheels on the Python of Nix", async () => {
  if (tools === undefined) return;
  const folder = await temporaryFolder("imagespec-nix-conformance-");
  testBuilder({
    test,
    describe: (name, define) => describe.skipIf(!isWhole && !everyDay.test(name))(name, define),
    afterAll: (end) => {
      afterAll(end);
      afterAll(() => folder[Symbol.asyncDispose]());
    },
    createBuilder: () =>
      namedNix({
        nix: tools.bin,
        store: folder.join("store"),
        substituters: [],
        pin: { path: tools.set, sha256: tools.sha256, glibc: "2.36" },
        maxBuilds: 100,
        packages: "wheels",
        python: "nix",
      }),
  });
});
