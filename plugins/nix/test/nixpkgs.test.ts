import { temporaryFolder } from "@imagespec/test-support";
import { nixTools } from "@imagespec/test-support/nix";
import { expect, test as withNetwork } from "vitest";
import { cli } from "../src/cli.ts";
import { openNixBench } from "./nix-bench.ts";

/** Needs the network, gigabytes and a Nix that is new enough: a job of its own. */
const test = withNetwork.skipIf(process.env["IMAGESPEC_NIXPKGS"] === undefined);
const timeout = 3_600_000;

test("every pin of the table has its hash, and the Python that it is for", { timeout }, async () => {
  const [command] = cli.commands;
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  await using folder = await temporaryFolder();
  const code = await command?.run(["pin", "--verify"], {
    env: process.env,
    cwd: folder.path,
    stdout: { write },
    stderr: { write },
    signal: new AbortController().signal,
    options: { store: folder.join("store") },
  });
  expect(text).not.toContain("MISMATCH");
  expect(code).toBe(0);
});

test("a spec is made of nixpkgs, all of it from the public cache", { timeout }, async () => {
  await using bench = await openNixBench(await nixTools());
  const { pin: _, substituters: __, ...own } = bench.options;
  const key = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
  await using real = await openNixBench(await nixTools(), {
    ...own,
    store: `${bench.folder}/nixpkgs`,
    substituters: ["https://cache.nixos.org"],
    trustedPublicKeys: [key],
    maxBuilds: 0,
  });
  const { result } = await real.build(
    { pythonVersion: "3.11", packages: ["requests[socks]", "numpy"], aptPackages: ["git"] },
    { options: { pin: undefined } as never },
  );
  expect(result.action).toBe("built");
});
