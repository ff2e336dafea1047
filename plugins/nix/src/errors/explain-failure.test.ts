import { catalogueEntry } from "@imagespec/errors";
import { expect, test } from "vitest";
import { evaluationError, realiseError } from "./explain-failure.ts";

const drv = "/nix/store/5bv376fm1dsqpq66fl0y0wvh385z8gg8-slow-1.0.drv";

test.each<[string, string, number]>([
  [`builder for '${drv}' failed with exit code 7`, "BUILD_STEP_FAILED", 100],
  [`Cannot build '${drv}'.\n       Reason: builder failed with exit code 7.`, "BUILD_STEP_FAILED", 1],
  [`building of '${drv}' timed out after 1 seconds`, "BUILD_TIMEOUT", 101],
  [`building of '${drv}' timed out after 1 seconds of silence`, "BUILD_TIMEOUT", 101],
  [
    `a 'aarch64-linux' with features {} is required to build '${drv}', but I am a 'x86_64-linux' with features {}`,
    "NIX_NO_BUILDER",
    1,
  ],
  ["cannot add path '/nix/store/x' because it lacks a valid signature", "NIX_SIGNATURE", 1],
  ["cannot add path '/nix/store/x' because it lacks a signature by a trusted key", "NIX_SIGNATURE", 1],
  ["while setting up the build environment: mounting /proc: Operation not permitted", "NIX_SANDBOX", 1],
  ["writing to file: No space left on device", "DISK_FULL", 1],
  ["something else", "BUILD_FAILED", 1],
])("%s is %s", (message, code, exitCode) => {
  const error = realiseError({ code: exitCode, messages: [message], output: ["slow> the last line"] });
  expect(error.code).toBe(code);
  expect(error.hint).toBeTruthy();
  expect(catalogueEntry(code)).toBeDefined();
  expect(error.logTail).toContain("slow> the last line");
});

test.each<[string, string]>([
  [
    "hash mismatch in file downloaded from 'https://x':\n  specified: sha256:aaa\n  got:       sha256:bbb",
    "NIX_PIN_MISMATCH",
  ],
  ["error: store path mismatch in (possibly filtered) path added from '/set'", "NIX_PIN_MISMATCH"],
  ["error: unable to download 'https://x/y.tar.gz': Couldn't resolve host name (6)", "NIX_EVAL_FAILED"],
  ["error: getting status of '/set': No such file or directory", "NIX_EVAL_FAILED"],
  ["error: This version of Nixpkgs requires Nix version >= 2.18, please upgrade", "NIX_UNAVAILABLE"],
  ["error: undefined variable 'x'", "NIX_EVAL_FAILED"],
])("an evaluation that says %s is %s", (message, code) => {
  const error = evaluationError({ code: 1, messages: message.split("\n"), output: [] }, "/set");
  expect(error.code).toBe(code);
  expect(error.message).not.toContain("error:");
});
