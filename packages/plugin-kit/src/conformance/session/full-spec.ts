import type { ImageSpecInput } from "@imagespec/core";
import type { Environment } from "./environment.ts";
import { copiedFile, hostileStrings } from "./made-project.ts";
import { madePackages } from "./made-wheels.ts";

/** Labels with the values that go wrong most. */
export const hostileLabels: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(hostileStrings).map(([name, value]) => [`dev.example.${name.toLowerCase()}`, value]),
);

export const fullEnv: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(hostileStrings).map(([name, value]) => [`CONF_${name}`, value])),
  // Replaces the base's.
  CONF_INHERITED: "of the spec",
};

export const fullEntrypoint: readonly string[] = ["python", "-m", "train", hostileStrings["QUOTES"] ?? ""];
export const fullCmd: readonly string[] = ["--flag", hostileStrings["DOLLARS"] ?? "", hostileStrings["LINES"] ?? ""];

/** A spec that uses every field which needs no capability beside a base image. */
export function fullSpec({ indexUrl }: Pick<Environment, "indexUrl">): ImageSpecInput {
  return {
    packages: madePackages,
    pipIndex: indexUrl,
    env: fullEnv,
    labels: hostileLabels,
    entrypoint: fullEntrypoint,
    cmd: fullCmd,
    sourceRoot: "src",
    copy: [copiedFile.from],
  };
}
