import { normalizePackageName } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";

/** The parts of a wheel's file name (binary distribution format, PEP 427). */
export interface WheelName {
  /** Normalised (PEP 503). */
  readonly distribution: string;
  readonly version: string;
  readonly build: string | undefined;
  readonly pythonTags: readonly string[];
  readonly abiTags: readonly string[];
  readonly platformTags: readonly string[];
}

/** @throws WHEEL_INVALID */
export function parseWheelName(filename: string): WheelName {
  const parts = filename.endsWith(".whl") ? filename.slice(0, -4).split("-") : [];
  const [distribution, version] = parts;
  const build = parts.length === 6 ? parts[2] : undefined;
  const [python, abi, platform] = parts.slice(-3);
  const wellFormed =
    (parts.length === 5 || (parts.length === 6 && /^\d/.test(build ?? ""))) &&
    parts.every((part) => /^[\w.!+]+$/.test(part));
  if (!wellFormed || !distribution || !version || !python || !abi || !platform) {
    throw new ImageSpecError("WHEEL_INVALID", `"${filename}" is not the name of a wheel`, {
      hint: "name it like example-1.0-py3-none-any.whl",
      details: { file: filename },
    });
  }
  return {
    distribution: normalizePackageName(distribution),
    version: version.replaceAll("_", "-"),
    build,
    pythonTags: python.split("."),
    abiTags: abi.split("."),
    platformTags: platform.split("."),
  };
}
