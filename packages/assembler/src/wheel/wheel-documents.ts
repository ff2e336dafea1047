import { normalizePackageName } from "@imagespec/core";
import type { ZipEntry, ZipFile } from "@imagespec/resolver";
import { parseWheelName } from "@imagespec/resolver";
import { invalidWheel } from "./invalid-wheel.ts";
import { parseRecord, type RecordLine } from "./record-file.ts";

/** What a wheel says about itself. */
export interface WheelDocuments {
  /** `numpy-2.2.6.dist-info` */
  readonly info: string;
  /** `numpy-2.2.6.data` */
  readonly data: string;
  /** Normalised. */
  readonly distribution: string;
  readonly record: readonly RecordLine[];
  /** Content of `entry_points.txt`. */
  readonly entryPoints: string | undefined;
}

/** RECORD has a line for each file, METADATA may hold a whole README. */
const maxDocument = 64 * 1024 * 1024;
/** `WHEEL` and `entry_points.txt` have a few lines. */
const maxSmallDocument = 1024 * 1024;

/**
 * Reads and checks the metadata of a wheel.
 *
 * @throws WHEEL_INVALID
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 */
export async function readWheelDocuments(zip: ZipFile, filename: string): Promise<WheelDocuments> {
  const byName = new Map(zip.entries.map((entry) => [entry.name, entry]));
  const info = infoFolder(zip.entries, filename);
  const text = async (name: string, maxSize = maxDocument): Promise<string | undefined> => {
    const entry = byName.get(`${info}/${name}`);
    return entry === undefined ? undefined : (await zip.read(entry, maxSize)).toString("utf8");
  };
  const need = async (name: string, maxSize?: number): Promise<string> => {
    const found = await text(name, maxSize);
    if (found === undefined) throw invalidWheel(filename, `has no "${info}/${name}"`);
    return found;
  };
  checkWheelVersion(await need("WHEEL", maxSmallDocument), filename);
  await need("METADATA");
  return {
    info,
    data: `${info.slice(0, -".dist-info".length)}.data`,
    distribution: parseWheelName(filename).distribution,
    record: parseRecord(await need("RECORD"), filename),
    entryPoints: await text("entry_points.txt", maxSmallDocument),
  };
}

function infoFolder(entries: readonly ZipEntry[], filename: string): string {
  const folders = new Set(entries.flatMap(({ name }) => /^([^/]+\.dist-info)\//.exec(name)?.[1] ?? []));
  const [folder] = folders;
  if (folder === undefined) throw invalidWheel(filename, "has no .dist-info folder");
  if (folders.size > 1) throw invalidWheel(filename, `has the folders "${[...folders].join('" and "')}"`);
  const { distribution, version } = parseWheelName(filename);
  const match = /^(.+)-([^-]+)\.dist-info$/.exec(folder);
  const name = match?.[1] ?? "";
  const found = match?.[2] ?? "";
  if (normalizePackageName(name) !== distribution || plainVersion(found) !== plainVersion(version))
    throw invalidWheel(filename, `holds "${folder}", which belongs to another wheel`);
  return folder;
}

/** Enough of PEP 440 to see that two spellings of one version are the same. */
function plainVersion(version: string): string {
  return version
    .toLowerCase()
    .replace(/^v/, "")
    .replace(/[-_]/g, ".")
    .replace(/^((?:\d+!)?\d+(?:\.\d+)*?)(?:\.0)+(?=$|[^\d.])/, "$1");
}

function checkWheelVersion(text: string, filename: string): void {
  const headers = new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]];
    }),
  );
  const version = headers.get("wheel-version") ?? "";
  if (!/^1\.\d+$/.test(version)) throw invalidWheel(filename, `has the wheel version "${version}", not 1.x`);
  const purelib = headers.get("root-is-purelib")?.toLowerCase();
  if (purelib !== "true" && purelib !== "false")
    throw invalidWheel(filename, `has "Root-Is-Purelib: ${purelib ?? ""}", neither true nor false`);
}
