import { bytesContent, type LayerEntry } from "@imagespec/image-store/layers";
import { sitePackages, type VenvLayout } from "../wheel/wheel-layout.ts";

/** The interpreter that a virtual environment stands on. */
export interface VenvPython {
  /** Absolute: `/usr/local/bin/python3.12`. */
  readonly path: string;
  /** `3.12` */
  readonly minor: string;
  /** `3.12.4`, or the minor where no more is known. */
  readonly version: string;
}

export interface VenvOptions {
  /** Importable by a `.pth` file. Absolute. */
  readonly workdir: string;
  /** Folder for packages that are installed at container start. Absolute. */
  readonly runtimeFolder: string | undefined;
  /** Whether the interpreter's own packages are seen. */
  readonly systemSitePackages: boolean;
}

const root = { uid: 0, gid: 0 } as const;

/** A virtual environment as plain files and links; works without having been made by Python. */
export function skeletonEntries(layout: VenvLayout, python: VenvPython, options: VenvOptions): readonly LayerEntry[] {
  const { prefix } = layout;
  const home = python.path.slice(0, python.path.lastIndexOf("/"));
  const config = [
    `home = ${home}`,
    `include-system-site-packages = ${options.systemSitePackages}`,
    `version = ${python.version}`,
    `executable = ${python.path}`,
    "",
  ].join("\n");
  const site = sitePackages(layout);
  const file = (path: string, text: string): LayerEntry => ({
    type: "file",
    path,
    mode: 0o644,
    ...root,
    content: bytesContent(text),
  });
  const link = (path: string, target: string): LayerEntry => ({ type: "symlink", path, mode: 0o777, ...root, target });
  return [
    file(`${prefix}/pyvenv.cfg`, config),
    link(`${prefix}/bin/python`, python.path),
    link(`${prefix}/bin/python3`, "python"),
    link(`${prefix}/bin/python${python.minor}`, "python"),
    link(`${prefix}/lib64`, "lib"),
    { type: "directory", path: site, mode: 0o755, ...root },
    file(`${site}/_imagespec_workdir.pth`, `${options.workdir}\n`),
    ...(options.runtimeFolder === undefined
      ? []
      : [file(`${site}/_imagespec_runtime.pth`, `${options.runtimeFolder}\n`)]),
  ];
}
