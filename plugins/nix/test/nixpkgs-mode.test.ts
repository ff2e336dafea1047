import { nixTools } from "@imagespec/test-support/nix";
import { expect, test } from "vitest";
import { openNixBench } from "./nix-bench.ts";

test("packages of the set", async () => {
  await using bench = await openNixBench(await nixTools());
  const image = await bench.build({ packages: ["pyyaml", "greeter[loud]>=1"], aptPackages: ["jq"], sourceRoot: "src" });
  console.log(image.result, image.manifest.layers.length);
  console.log(image.config.config, image.config.history);
  console.log([...(await image.files()).keys()].filter((p) => !p.startsWith("/nix/store")));
  for (const e of image.events)
    if (e.type !== "transfer" && e.type !== "log") console.log(JSON.stringify(e).slice(0, 200));
  const again = await bench.build(
    { packages: ["pyyaml", "greeter[loud]>=1"], aptPackages: ["jq"], sourceRoot: "src" },
    { build: { force: true } },
  );
  console.log(again.result.timings, again.result.digest === image.result.digest);
  expect(1).toBe(1);
}, 120_000);
