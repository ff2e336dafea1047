import { ImageSpecError } from "@imagespec/errors";
import { parsePlatform } from "@imagespec/oci";
import type { DebianArchitecture, DebianLock } from "../debian/index.ts";

/** Debian's name for a platform. @throws BASE_UNSUPPORTED for one without a Debian base */
export function debianArchitecture(platform: string): DebianArchitecture {
  const { os, architecture } = parsePlatform(platform);
  if (os === "linux" && (architecture === "amd64" || architecture === "arm64")) return architecture;
  throw new ImageSpecError("BASE_UNSUPPORTED", `there is no Debian base for "${platform}"`, {
    hint: "use linux/amd64 or linux/arm64",
  });
}

/** Upstream version of the locked Python package: `3.13.5-2+deb13u1` is 3.13.5. */
export function debianPython(lock: DebianLock): string {
  return upstreamVersion(lock, /^python3\.\d+-minimal$/);
}

/** Version of the locked C library: `2.41-12` is 2.41. */
export function debianLibc(lock: DebianLock): string {
  return upstreamVersion(lock, /^libc6$/);
}

function upstreamVersion({ packages }: DebianLock, name: RegExp): string {
  const version = packages.find((candidate) => name.test(candidate.name))?.version ?? "";
  return /^(?:\d+:)?([\d.]+)/.exec(version)?.[1] ?? "";
}
