import { isUnsafePart } from "@imagespec/image-store/layers";
import { isInterpreterName } from "./entry-points.ts";
import { invalidWheel } from "./invalid-wheel.ts";

/** The environment that wheels are installed into. */
export interface VenvLayout {
  /** Relative to the root of the image: `opt/venv`. */
  readonly prefix: string;
  /** `3.12` */
  readonly pythonMinor: string;
}

/** Folder of importable files, relative to the root of the image. */
export function sitePackages({ prefix, pythonMinor }: VenvLayout): string {
  return `${prefix}/lib/python${pythonMinor}/site-packages`;
}

/** Absolute path of the environment's interpreter. */
export function venvPython({ prefix }: VenvLayout): string {
  return `/${prefix}/bin/python`;
}

/** Where a file of a wheel goes. */
export interface MappedFile {
  /** Relative to the root of the image. */
  readonly path: string;
  readonly isScript: boolean;
}

/**
 * Maps a path of a wheel to its place in the environment.
 *
 * @param data name of the wheel's `.data` folder
 * @throws WHEEL_INVALID for unknown schemes and for places that belong to the environment itself
 */
export function mapWheelPath(
  name: string,
  wheel: { readonly filename: string; readonly data: string; readonly distribution: string },
  layout: VenvLayout,
): MappedFile {
  const site = sitePackages(layout);
  if (!name.startsWith(`${wheel.data}/`)) return checked(`${site}/${name}`, false, wheel.filename, layout);
  const [, scheme = "", ...rest] = name.split("/");
  const relative = rest.join("/");
  const folder = schemeFolder(scheme, wheel.distribution, layout);
  if (folder === undefined) throw invalidWheel(wheel.filename, `has "${name}": there is no scheme "${scheme}"`);
  return checked(`${folder}/${relative}`, scheme === "scripts", wheel.filename, layout);
}

function schemeFolder(scheme: string, distribution: string, layout: VenvLayout): string | undefined {
  switch (scheme) {
    case "purelib":
    case "platlib":
      return sitePackages(layout);
    case "scripts":
      return `${layout.prefix}/bin`;
    case "headers":
      return `${layout.prefix}/include/site/python${layout.pythonMinor}/${distribution}`;
    case "data":
      return layout.prefix;
    default:
      return undefined;
  }
}

/** A file in the place of a folder, or a folder in that of a file, would hide what other layers have there. */
const ownPaths = /^(?:pyvenv\.cfg(?:\/.*)?|bin|include|lib|lib\/python3\.\d+(?:\/site-packages)?)$/s;

function checked(path: string, isScript: boolean, filename: string, { prefix }: VenvLayout): MappedFile {
  if (path.split("/").some(isUnsafePart)) throw invalidWheel(filename, `has a file for "/${path}"`);
  const inside = path.slice(prefix.length + 1);
  // `lib64` of a venv is a link to `lib`.
  if (inside === "lib64" || inside.startsWith("lib64/"))
    return checked(`${prefix}/lib${inside.slice(5)}`, isScript, filename, { prefix, pythonMinor: "" });
  const [first = "", second = ""] = inside.split("/");
  const isOwn = ownPaths.test(inside) || (first === "bin" && isInterpreterName(second));
  if (isOwn) throw invalidWheel(filename, `has a file for "/${path}", which belongs to the environment`);
  return { path, isScript };
}
