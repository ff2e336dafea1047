import { parsePlatform } from "@imagespec/oci";
import type { LockedDistribution } from "./lock-meaning.ts";

const machines: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  arm64: "aarch64",
  "386": "i686",
  "arm/v6": "armv6l",
  arm: "armv7l",
};

/** `platform_machine` of a platform in dependency markers. */
export function machineOf(platform: string): string {
  const { architecture, variant } = parsePlatform(platform);
  return machines[`${architecture}/${variant ?? ""}`] ?? machines[architecture] ?? architecture;
}

/** The marker of what only one platform of a lock installs. */
export function platformMarker(platform: string): string {
  return `platform_machine == '${machineOf(platform)}'`;
}

const ownMarker = /^platform_machine == '[^']+'$/;

/** What a lock of our own installs on one platform. A marker that we would not write counts for all of them. */
export function distributionsFor(
  distributions: readonly LockedDistribution[],
  platform: string,
): readonly LockedDistribution[] {
  const wanted = platformMarker(platform);
  return distributions.flatMap((distribution) => {
    const { marker } = distribution;
    if (marker === undefined || !ownMarker.test(marker)) return [distribution];
    return marker === wanted ? [{ ...distribution, marker: undefined }] : [];
  });
}
