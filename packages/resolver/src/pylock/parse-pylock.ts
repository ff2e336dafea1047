import type { ResolvedSdist } from "@imagespec/core";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import { parse } from "smol-toml";

/** A wheel as a PEP 751 document lists it. */
export interface PylockWheel {
  readonly filename: string;
  /** Absolute URL; `file:` URLs for paths. */
  readonly url: string;
  readonly size: number | undefined;
  /** Lower-case hex; absent when the document has only hashes of other kinds. */
  readonly sha256: string | undefined;
}

export interface PylockPackage {
  readonly name: string;
  readonly version: string | undefined;
  readonly marker: string | undefined;
  readonly requiresPython: string | undefined;
  readonly wheels: readonly PylockWheel[];
  /** What it can be built from; an archive without a sha256 is none. */
  readonly sdist: ResolvedSdist | undefined;
  /** What it is instead of wheels, for the message: "a source distribution", "a folder", "a VCS reference". */
  readonly otherwise: string | undefined;
}

export interface Pylock {
  readonly requiresPython: string | undefined;
  readonly defaultGroups: readonly string[];
  readonly packages: readonly PylockPackage[];
}

type Table = { readonly [key: string]: unknown };

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function tables(value: unknown): readonly Table[] {
  return Array.isArray(value) ? value.filter(isTable) : [];
}

/**
 * Reads a PEP 751 document as far as an installer for one platform needs it.
 *
 * @param base URL that relative paths stand on: the folder of the document, with a trailing slash
 * @throws LOCK_INVALID
 */
export function parsePylock(document: string, file: string, base: URL): Pylock {
  let root: Table;
  try {
    root = parse(document);
  } catch (cause) {
    throw new ImageSpecError("LOCK_INVALID", `"${file}" is not a TOML document: ${messageOf(cause)}`, {
      hint: "write the lock file again with the tool that made it",
      cause,
    });
  }
  const version = text(root["lock-version"]);
  if (version === undefined || !/^1(\.|$)/.test(version)) {
    throw new ImageSpecError(
      "LOCK_INVALID",
      `"${file}" has the lock version "${version ?? "none"}"; only 1.x is known`,
      {
        hint: "write it with a tool that follows PEP 751, such as `uv export --format pylock.toml`",
      },
    );
  }
  return {
    requiresPython: text(root["requires-python"]),
    defaultGroups: Array.isArray(root["default-groups"])
      ? root["default-groups"].filter((group) => typeof group === "string")
      : [],
    packages: tables(root["packages"]).map((entry) => parsePackage(entry, file, base)),
  };
}

function parsePackage(entry: Table, file: string, base: URL): PylockPackage {
  const name = text(entry["name"]);
  if (name === undefined) {
    throw new ImageSpecError("LOCK_INVALID", `"${file}" has a package without a name`, {
      hint: "write the lock file again with the tool that made it",
    });
  }
  const archive = isTable(entry["archive"]) ? entry["archive"] : undefined;
  const archiveWheel = archive === undefined ? undefined : parseWheel(archive, file, base);
  const sdist = isTable(entry["sdist"]) ? entry["sdist"] : undefined;
  const wheels = tables(entry["wheels"])
    .map((wheel) => parseWheel(wheel, file, base))
    .filter((wheel) => wheel !== undefined);
  if (archiveWheel?.filename.endsWith(".whl")) wheels.push(archiveWheel);
  const otherwise = isTable(entry["vcs"])
    ? "a VCS reference"
    : isTable(entry["directory"])
      ? "a folder"
      : archive !== undefined || sdist !== undefined
        ? "a source distribution"
        : undefined;
  return {
    name,
    version: text(entry["version"]),
    marker: text(entry["marker"]),
    requiresPython: text(entry["requires-python"]),
    wheels,
    sdist: isTable(entry["vcs"]) ? parseVcs(entry["vcs"]) : parseSdist(sdist ?? archive, file, base),
    otherwise,
  };
}

function parseSdist(archive: Table | undefined, file: string, base: URL): ResolvedSdist | undefined {
  const parsed = archive === undefined ? undefined : parseWheel(archive, file, base);
  if (parsed?.sha256 === undefined || parsed.filename.endsWith(".whl")) return undefined;
  const { filename, url, size, sha256 } = parsed;
  return { kind: "archive", filename, url, size, sha256, subdirectory: text(archive?.["subdirectory"]) };
}

/** Other systems than git, and a repository on this machine, are nothing that a builder could fetch. */
function parseVcs(vcs: Table): ResolvedSdist | undefined {
  const [url, commit] = [text(vcs["url"]), text(vcs["commit-id"])];
  if (text(vcs["type"]) !== "git" || url === undefined || commit === undefined) return undefined;
  return { kind: "git", url: url.replace(/^git\+/, ""), commit, subdirectory: text(vcs["subdirectory"]) };
}

function parseWheel(wheel: Table, file: string, base: URL): PylockWheel | undefined {
  const place = text(wheel["url"]) ?? text(wheel["path"]);
  if (place === undefined) return undefined;
  const hashes = isTable(wheel["hashes"]) ? wheel["hashes"] : {};
  const size = wheel["size"];
  const { url, filename } = parsePlace(place, text(wheel["url"]) === undefined ? base : undefined, file);
  return {
    filename: text(wheel["name"]) ?? filename,
    url,
    size: typeof size === "number" ? size : typeof size === "bigint" ? Number(size) : undefined,
    sha256: text(hashes["sha256"])?.toLowerCase(),
  };
}

/** The URL as written, or that of a path, and the file name in it. @throws LOCK_INVALID */
function parsePlace(
  place: string,
  base: URL | undefined,
  file: string,
): { readonly url: string; readonly filename: string } {
  try {
    const url = new URL(place, base);
    const filename = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
    return { url: base === undefined ? place : url.href, filename };
  } catch (cause) {
    // A TypeError for what is no URL, a URIError for a wrong escape.
    if (!(cause instanceof TypeError || cause instanceof URIError)) throw cause;
    throw new ImageSpecError("LOCK_INVALID", `"${file}" has "${place}" where the URL of a file belongs`, {
      hint: "write the lock file again with the tool that made it",
      cause,
    });
  }
}
