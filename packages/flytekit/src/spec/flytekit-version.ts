/** The versions of flytekit whose specs and tags are known. */
export type FlytekitMinor = "1.15" | "1.16";

/** The newest known release. */
export const newestFlytekit: string = "1.16.31";

/** The Python that is assumed where none is named. */
export const defaultFlytekitPython: string = "3.11";

/** The behaviour that a release has: that of the known minor nearest to it. */
export function flytekitMinor(version: string): FlytekitMinor {
  const [major = 1, minor = 16] = version.split(".").map(Number);
  return major < 1 || (major === 1 && minor < 16) ? "1.15" : "1.16";
}

/** Whether specs and tags of a release were compared with it. */
export function isKnownFlytekit(version: string): boolean {
  return /^1\.1[56](?:\.|$)/.test(version);
}
