import os from "node:os";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test as withNix } from "vitest";
import { cli } from "../src/cli.ts";
import { evaluate } from "../src/evaluation/evaluate.ts";
import { type EvaluationInput, packageSetInput } from "../src/evaluation/evaluation-input.ts";
import { NixProcess } from "../src/process/nix-process.ts";
import { findNix } from "./find-nix.ts";
import { type NixBench, openNixBench } from "./nix-bench.ts";

const tools = await findNix();
let bench: NixBench;
let nix: NixProcess;
beforeAll(async () => {
  if (tools === undefined) return;
  bench = await openNixBench(tools);
  nix = new NixProcess(bench.options);
});
afterAll(() => bench?.[Symbol.asyncDispose]());
const test = withNix.skipIf(tools === undefined);

const signal = new AbortController().signal;

function input(own: Partial<EvaluationInput>): EvaluationInput {
  const { pin } = bench.options;
  if (pin === undefined) throw new Error("the bench has a pin");
  return {
    ...packageSetInput(pin, {}),
    system: "x86_64-linux",
    buildSystem: "x86_64-linux",
    python: "3.11",
    packages: [],
    systemPackages: [],
    wheels: [],
    wheelLibraries: [],
    ...own,
  };
}

const secret = os.hostname();
const nasty = [
  'x"; builder = builtins.readFile "/etc/hostname"; y="',
  `\${builtins.readFile "/etc/hostname"}`,
  "'' + builtins.readFile /etc/hostname + ''",
  "$(id)",
  "`id`",
  "a\nb",
  "\\$" + "{x}",
  "__functor",
  "outPath",
  "漢字",
  "",
];

test("no text in any field becomes code", { timeout: 60_000 }, async () => {
  const answer = await evaluate(
    nix,
    input({
      packages: nasty.map((text) => ({ candidates: [[text], [text, text]], extras: [text] })),
      systemPackages: nasty.map((text) => ({ name: text, role: "program", candidates: [[text]] })),
    }),
    { pin: "set", signal },
  );
  for (const { status } of [...answer.packages, ...answer.system])
    expect(["missing", "not-a-package"]).toContain(status);
  expect(JSON.stringify(answer)).not.toContain(`${secret}\\n`);
  expect(answer.roots).toEqual([]);
});

test("what is no package is told from what is missing, and one that throws hides no other", {
  timeout: 60_000,
}, async () => {
  const names = ["six", "lib", "callPackage", "no-such", "disabled", "broken"];
  const { packages } = await evaluate(
    nix,
    input({ packages: names.map((name) => ({ candidates: [[name]], extras: [] })) }),
    { pin: "set", signal },
  );
  expect(packages.map(({ status }) => status)).toEqual([
    "ok",
    "not-a-package",
    "not-a-package",
    "missing",
    "throws",
    "broken",
  ]);
});

test("random names are looked up, not run", { timeout: 60_000 }, async () => {
  const names = fc.sample(fc.string({ unit: "binary", maxLength: 30 }), 80);
  const { packages } = await evaluate(
    nix,
    input({ packages: names.map((name) => ({ candidates: [[name]], extras: [] })) }),
    { pin: "set", signal },
  );
  expect(packages).toHaveLength(names.length);
});

test("the command computes the pin of a folder, and says what is in it", { timeout: 60_000 }, async () => {
  const [command] = cli.commands;
  const { pin, nix: folder, store } = bench.options;
  let text = "";
  const stdout = { write: (more: string) => (text += more) };
  const context = { env: {}, cwd: "/", stdout, stderr: stdout, signal, options: { nix: folder, store } };
  const path = pin !== undefined && "path" in pin ? pin.path : "";
  expect(await command?.run(["pin", path, "--python", "3.11", "--json"], context)).toBe(0);
  expect(JSON.parse(text)).toEqual({ pin: { path, sha256: pin?.sha256 }, python: "3.11.2", version: "22.05-debian" });

  text = "";
  expect(await command?.run(["pin"], context)).toBe(0);
  expect(text).toContain("nixos-25.11");
  expect(await command?.run(["pin", "--nothing"], context)).toBe(2);
  text = "";
  expect(await command?.run(["pin", "/nowhere"], context)).toBe(1);
  expect(text).toContain("NIX_EVAL_FAILED");
});
