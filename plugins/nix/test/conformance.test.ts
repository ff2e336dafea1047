import { testBuilder } from "@imagespec/plugin-kit";
import { afterAll, describe, test } from "vitest";
import { findNix } from "./find-nix.ts";
import { namedNix } from "./named-nix.ts";
import { memoryFolder } from "./nix-bench.ts";

const everyDay = /: (definition|selection|errors)$/;
const isWhole = process.env["IMAGESPEC_WHOLE"] !== undefined;

const tools = await findNix();

describe.skipIf(tools === undefined)("wheels on the Python of Nix", async () => {
  if (tools === undefined) return;
  const folder = await memoryFolder();
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
