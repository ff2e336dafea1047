import type { TargetEnvironment } from "@imagespec/core";
import { parsePlatform } from "@imagespec/oci";

/** Minor versions of glibc 2 that uv has a name for. */
const glibcMinors = [40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 28, 17];
const machines: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64" };

/** `--python-platform` for a target: the newest C library that uv can name and the target has. */
export function platformOption({ platform, libc }: TargetEnvironment): string {
  const { architecture } = parsePlatform(platform);
  const machine = machines[architecture];
  if (machine === undefined) return "linux";
  if (libc.kind === "musl") return `${machine}-unknown-linux-musl`;
  const [, minor = 0] = libc.version.split(".").map(Number);
  return `${machine}-manylinux_2_${glibcMinors.find((known) => known <= minor) ?? 17}`;
}
