import type { TargetEnvironment } from "@imagespec/core";
import { machineOf } from "../wheel/compatible-tags.ts";

/** The variables of PEP 508 markers for one target, with the sets that PEP 751 adds. */
export interface MarkerEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  readonly extras: ReadonlySet<string>;
  readonly dependencyGroups: ReadonlySet<string>;
}

/** Kernel facts are left empty: they are those of the machine that runs the image, which nobody knows yet. */
export function markerEnvironment(
  target: TargetEnvironment,
  selection: { readonly extras?: readonly string[]; readonly groups?: readonly string[] } = {},
): MarkerEnvironment {
  const [major = "3", minor = "0", patch] = target.pythonVersion.split(".");
  const full = `${major}.${minor}.${patch ?? "0"}`;
  return {
    variables: {
      implementation_name: "cpython",
      implementation_version: full,
      os_name: "posix",
      platform_machine: machineOf(target.platform),
      platform_python_implementation: "CPython",
      platform_release: "",
      platform_system: "Linux",
      platform_version: "",
      python_full_version: full,
      python_version: `${major}.${minor}`,
      sys_platform: "linux",
    },
    extras: new Set(selection.extras ?? []),
    dependencyGroups: new Set(selection.groups ?? []),
  };
}
