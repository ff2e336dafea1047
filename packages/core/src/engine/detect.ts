import { arch, availableParallelism } from "node:os";
import { formatPlatform, parsePlatform } from "@imagespec/oci";

/** The machine in OCI words: containers on macOS and Windows run in a Linux machine of the same architecture. */
export function detectHostPlatform(architecture: string = arch()): string {
  return formatPlatform(parsePlatform(`linux/${architecture}`));
}

/** How many builders may work at once: the number of cores, at most 4. */
export function detectConcurrency(cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(4, cores));
}

/** The variables that secrets are read from. */
export function detectEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string | undefined>> {
  return env;
}
