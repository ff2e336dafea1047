import type { ContextEntry } from "../context/context-entry.ts";
import { linkEntry, textEntry } from "../context/text-entry.ts";
import type { PlannedPython } from "../plan/choose-python.ts";

/** Folder of packages that are installed at container start. */
export const runtimeFolder: string = "/home/imagespec/runtime";

/** The virtual environment around the packages, as files of the context: it works without having been made by Python. */
export function environmentFiles(
  python: PlannedPython,
  options: { readonly workdir: string; readonly hasRuntime: boolean; readonly isThere: boolean },
): readonly ContextEntry[] {
  const site = `environment/lib/python${python.minor}/site-packages`;
  const paths = [
    textEntry(`${site}/_imagespec_workdir.pth`, `${options.workdir}\n`),
    ...(options.hasRuntime ? [textEntry(`${site}/_imagespec_runtime.pth`, `${runtimeFolder}\n`)] : []),
  ];
  // The base's environment stays what it is.
  if (options.isThere) return paths;
  const config = [
    `home = ${python.path.slice(0, python.path.lastIndexOf("/"))}`,
    `include-system-site-packages = ${python.systemSitePackages}`,
    `version = ${python.version}`,
    `executable = ${python.path}`,
    "",
  ].join("\n");
  return [
    textEntry("environment/pyvenv.cfg", config),
    linkEntry("environment/bin/python", python.path),
    linkEntry("environment/bin/python3", "python"),
    linkEntry(`environment/bin/python${python.minor}`, "python"),
    linkEntry("environment/lib64", "lib"),
    ...paths,
  ];
}
