import type { TargetEnvironment } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";

const machines: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  arm64: "aarch64",
  "386": "i686",
  arm: "armv7l",
  ppc64le: "ppc64le",
  s390x: "s390x",
  riscv64: "riscv64",
};

/** The machine name that Python and wheels use for a platform. @throws SPEC_NO_WHEEL for one that wheels do not know */
export function machineOf(platform: string): string {
  const architecture = platform.split("/")[1] ?? "";
  const machine = machines[architecture];
  if (machine === undefined || !platform.startsWith("linux/")) {
    throw new ImageSpecError("SPEC_NO_WHEEL", `there are no wheels for the platform "${platform}"`, {
      hint: "use linux/amd64 or linux/arm64",
    });
  }
  return machine;
}

/**
 * The wheel tags that fit a target, best first: `python-abi-platform`.
 *
 * CPython on Linux after PEP 425 (order of the `packaging` library), with manylinux (PEP 600 and its older names) or
 * musllinux (PEP 656) platforms down from the target's C library.
 */
export function compatibleTags(target: TargetEnvironment): readonly string[] {
  const [major = 3, minor = 0] = target.pythonVersion.split(".").map(Number);
  const machine = machineOf(target.platform);
  const platforms = platformTags(target.libc, machine);
  const tags: string[] = [];
  const add = (python: string, abi: string, on: readonly string[]) => {
    for (const platform of on) tags.push(`${python}-${abi}-${platform}`);
  };
  add(`cp${major}${minor}`, `cp${major}${minor}`, platforms);
  add(`cp${major}${minor}`, "abi3", platforms);
  add(`cp${major}${minor}`, "none", platforms);
  for (let older = minor - 1; older >= 2; older--) add(`cp${major}${older}`, "abi3", platforms);
  const generic = [
    `py${major}${minor}`,
    `py${major}`,
    ...Array.from({ length: minor }, (_, i) => `py${major}${minor - 1 - i}`),
  ];
  for (const python of generic) add(python, "none", platforms);
  add(`cp${major}${minor}`, "none", ["any"]);
  for (const python of generic) add(python, "none", ["any"]);
  return tags;
}

function platformTags(libc: TargetEnvironment["libc"], machine: string): readonly string[] {
  const [major = 0, minor = 0] = libc.version.split(".").map(Number);
  const tags: string[] = [];
  if (libc.kind === "musl") {
    for (let at = minor; at >= 0; at--) tags.push(`musllinux_${major}_${at}_${machine}`);
  } else {
    const lowest = machine === "x86_64" || machine === "i686" ? 5 : 17;
    for (let at = major === 2 ? minor : -1; at >= lowest; at--) {
      tags.push(`manylinux_2_${at}_${machine}`);
      const old = { 17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1" }[at];
      if (old !== undefined) tags.push(`${old}_${machine}`);
    }
  }
  tags.push(`linux_${machine}`);
  return tags;
}
