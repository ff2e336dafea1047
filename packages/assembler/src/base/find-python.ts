import type { ImageFiles } from "./image-files.ts";

/** An interpreter of a base. */
export interface BasePython {
  /** Absolute: `/usr/local/bin/python3.12`. */
  readonly path: string;
  /** `3.12` */
  readonly minor: string;
  /** `3.12.4`, where the base says so. */
  readonly version: string | undefined;
}

/** Of a search path. */
const maxFolders = 100;
const usualFolders = ["usr/local/bin", "usr/bin", "bin", "opt/conda/bin"];

/**
 * Finds the interpreter that a user of the base gets: the one that a virtual environment in it names, else the first on its
 * search path.
 *
 * @param venvHome `home` of the `pyvenv.cfg` in `/opt/venv`
 */
export function findPython(
  files: ImageFiles,
  env: ReadonlyMap<string, string>,
  venvHome: string | undefined,
): BasePython | undefined {
  const onPath = foldersOf((env.get("PATH") ?? "").split(":", maxFolders)).filter(
    (folder) => !folder.startsWith("opt/venv"),
  );
  const first = venvHome === undefined ? [] : foldersOf([venvHome]);
  for (const folder of new Set([...first, ...onPath, ...usualFolders])) {
    const found = pythonIn(files, folder);
    if (found !== undefined) return { ...found, version: versionOf(found.minor, env) };
  }
  return undefined;
}

/** Absolute folders without their slashes; relative ones, and those with "..", mean another place for each reader. */
function foldersOf(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => path.startsWith("/") && !path.split("/").includes(".."))
    .map((path) => path.replace(/^\/+|\/+$/g, ""))
    .filter((path) => path !== "");
}

function pythonIn(files: ImageFiles, folder: string): { readonly path: string; readonly minor: string } | undefined {
  for (const name of ["python3", "python"]) {
    const minor = minorAt(files, `${folder}/${name}`);
    if (minor === undefined) continue;
    const versioned = `${folder}/python${minor}`;
    return { path: `/${minorAt(files, versioned) === minor ? versioned : `${folder}/${name}`}`, minor };
  }
  const real = files.resolve(folder);
  if (real === undefined) return undefined;
  let best: number | undefined;
  for (const path of files.below(real)) {
    const minor = /(?:^|\/)python3\.(\d{1,3})$/.exec(path)?.[1];
    if (minor !== undefined && minorAt(files, path) !== undefined) best = Math.max(best ?? 0, Number(minor));
  }
  return best === undefined ? undefined : { path: `/${folder}/python3.${best}`, minor: `3.${best}` };
}

/** The minor version of a program, from the name that its links end in. */
function minorAt(files: ImageFiles, path: string): string | undefined {
  const real = files.resolve(path);
  const node = real === undefined ? undefined : files.get(real);
  if (real === undefined || node?.type !== "file" || (node.mode & 0o111) === 0) return undefined;
  return /(?:^|\/)python(3\.\d+)$/.exec(real)?.[1];
}

/** `PYTHON_VERSION` is set by the official images and by those made here. */
function versionOf(minor: string, env: ReadonlyMap<string, string>): string | undefined {
  const stated = env.get("PYTHON_VERSION");
  return stated?.startsWith(`${minor}.`) === true ? stated : undefined;
}
