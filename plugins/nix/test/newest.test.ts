import { expect, test as withNix } from "vitest";
import { findNix } from "./find-nix.ts";
import { openNixBench } from "./nix-bench.ts";

const isWhole = process.env["IMAGESPEC_WHOLE"] !== undefined;
const tools = isWhole ? await findNix({ newest: true }) : undefined;
const test = withNix.skipIf(tools?.newest === undefined);
const timeout = 300_000;

test("the newest Debian suite's Nix makes the image that Debian 12's makes, byte for byte", { timeout }, async () => {
  if (tools?.newest === undefined) return;
  const input = { packages: ["pyyaml", "greeter[loud]"], aptPackages: ["jq"] };
  await using old = await openNixBench(tools);
  await using fresh = await openNixBench({ ...tools, bin: tools.newest });
  const one = await old.build(input);
  const two = await fresh.build(input);
  expect(two.result.digest).toBe(one.result.digest);
  expect(two.events.some((event) => event.type === "log" && event.text.startsWith("building "))).toBe(true);
});

test("it names what does not build, what is wrong with a pin, and what would be built", { timeout }, async () => {
  if (tools?.newest === undefined) return;
  await using bench = await openNixBench({ ...tools, bin: tools.newest });
  await expect(bench.build({ packages: ["fails"] })).rejects.toMatchObject({
    code: "BUILD_STEP_FAILED",
    logTail: expect.arrayContaining([expect.stringContaining("the reason is here")]),
  });
  const pin = { path: tools.set, sha256: `sha256-${"A".repeat(43)}=` };
  await expect(bench.build({ packages: ["six"] }, { options: { pin } })).rejects.toMatchObject({
    code: "NIX_PIN_MISMATCH",
  });
  const options = { timeoutSeconds: 1 };
  await expect(bench.build({ packages: ["slow"] }, { options })).rejects.toMatchObject({ code: "BUILD_TIMEOUT" });
  await expect(bench.build({ packages: ["farewell"] }, { options: { maxBuilds: 0 } })).rejects.toMatchObject({
    code: "NIX_WOULD_BUILD",
  });
});
