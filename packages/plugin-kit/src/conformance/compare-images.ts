import type { ContainerConfig, Digest, ImageSource } from "@imagespec/oci";
import type { ImageFile } from "../contents/image-file.ts";
import { readStoredImage, type StoredImage } from "./session/stored-image.ts";

/** An image to compare, and who made it. */
export interface ComparedImage {
  /** Stands in the differences. */
  readonly name: string;
  readonly source: ImageSource;
  readonly digest: Digest;
}

/** An image that was read. */
interface OpenedImage {
  readonly name: string;
  readonly image: Pick<StoredImage, "config" | "files">;
}

/** What installers note about themselves, and programs that start an entry point: each installer writes its own. */
const ownNotes = /\.dist-info\/(?:RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json)$/;
const sitePackages = /^\/opt\/venv\/lib\/python[0-9.]+\/site-packages\//;

/**
 * How two images of linux/amd64 for one spec differ in what the image contract promises: configuration, installed distributions
 * and their files, programs, source, user. In words; nothing when they are equal.
 *
 * @throws IMAGE_NOT_FOUND, STORE_CORRUPT, DIGEST_MISMATCH
 */
export async function compareImages(one: ComparedImage, two: ComparedImage): Promise<readonly string[]> {
  const open = async ({ name, source, digest }: ComparedImage): Promise<OpenedImage> => {
    return { name, image: await readStoredImage(source, digest) };
  };
  return imageDifferences(await open(one), await open(two));
}

/** {@link compareImages} of images that were read already. */
export function imageDifferences(one: OpenedImage, two: OpenedImage): readonly string[] {
  return [...configDifferences(one, two), ...userDifferences(one, two), ...fileDifferences(one, two)];
}

function configDifferences(one: OpenedImage, two: OpenedImage): readonly string[] {
  const [a, b] = [one.image.config.config ?? {}, two.image.config.config ?? {}];
  const fields = ["User", "WorkingDir", "Entrypoint", "Cmd", "ExposedPorts", "Volumes", "StopSignal"] as const;
  const shown = (config: ContainerConfig, field: (typeof fields)[number]) => JSON.stringify(config[field] ?? null);
  // No list and an empty one mean the same.
  const plain = (text: string) => (text === "[]" || text === '""' ? "null" : text);
  return [
    ...fields
      .filter((field) => plain(shown(a, field)) !== plain(shown(b, field)))
      .map((field) => `${field} is ${shown(a, field)} from ${one.name}, ${shown(b, field)} from ${two.name}`),
    ...recordDifferences("the variable", variablesOf(a), variablesOf(b), one.name, two.name),
    ...recordDifferences("the label", a.Labels ?? {}, b.Labels ?? {}, one.name, two.name),
  ];
}

function recordDifferences(
  what: string,
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
  one: string,
  two: string,
): readonly string[] {
  const show = (value: string | undefined) => (value === undefined ? "not set" : JSON.stringify(value));
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => a[name] !== b[name])
    .map((name) => `${what} ${name} is ${show(a[name])} from ${one}, ${show(b[name])} from ${two}`);
}

function variablesOf({ Env = [] }: ContainerConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Env.map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function userDifferences(one: OpenedImage, two: OpenedImage): readonly string[] {
  return ["/etc/passwd", "/etc/group"].flatMap((path) => {
    const [a, b] = [one, two].map(({ image }) => {
      const text = Buffer.from(image.files.get(path)?.content ?? []).toString();
      // Name and ids; shells and comments are nobody's promise.
      return text
        .split("\n")
        .flatMap((line) => (line.startsWith("imagespec:") ? line.split(":").slice(0, 4).join(":") : []));
    });
    return String(a) === String(b) ? [] : [`${path} has "${a}" from ${one.name}, "${b}" from ${two.name}`];
  });
}

function fileDifferences(one: OpenedImage, two: OpenedImage): readonly string[] {
  const workdir = one.image.config.config?.WorkingDir ?? "/app";
  const [a, b] = [one, two].map(({ image }) => promisedFiles(image.files, workdir));
  const found: string[] = [];
  for (const path of [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])].sort()) {
    const [left, right] = [a?.get(path), b?.get(path)];
    if (left === undefined) found.push(`${path} is there from ${two.name} alone`);
    else if (right === undefined) found.push(`${path} is there from ${one.name} alone`);
    else {
      const fields = fieldsOf(path).filter((field) => left[field] !== right[field]);
      const shown = fields.map((field) => `${field} ${show(field, left)} and ${show(field, right)}`);
      if (fields.length > 0) found.push(`${path} has ${shown.join(", ")} from ${one.name} and ${two.name}`);
    }
  }
  return found;
}

/** Files that the contract speaks of: distributions, programs, source, home. */
function promisedFiles(files: ReadonlyMap<string, ImageFile>, workdir: string): ReadonlyMap<string, ImageFile> {
  const programs = programsOf(files);
  return new Map(
    [...files].filter(([path, { type }]) => {
      if (path === "/home/imagespec" || path === workdir || path.startsWith(`${workdir.replace(/\/$/, "")}/`))
        return true;
      if (path.startsWith("/opt/venv/bin/")) return programs.has(path);
      if (!sitePackages.test(path) || type === "directory" || ownNotes.test(path)) return false;
      // What hangs the workdir into the environment has a name of the builder's choosing.
      return path.replace(sitePackages, "").includes("/");
    }),
  );
}

/** Programs that distributions bring by entry points or scripts: those that a RECORD names. */
function programsOf(files: ReadonlyMap<string, ImageFile>): ReadonlySet<string> {
  const records = [...files].filter(([path]) => sitePackages.test(path) && path.endsWith(".dist-info/RECORD"));
  return new Set(
    records.flatMap(([, { content }]) =>
      [
        ...Buffer.from(content ?? [])
          .toString()
          .matchAll(/^(?:\.\.\/)+(bin\/[^,\n]+)/gm),
      ].map((match) => `/opt/venv/${match[1]}`),
    ),
  );
}

type Field = "type" | "mode" | "uid" | "gid" | "digest" | "linkPath";

function fieldsOf(path: string): readonly Field[] {
  // Starters of entry points differ in their bytes; what they start does not.
  const common: readonly Field[] = ["type", "mode", "uid", "gid", "linkPath"];
  return path.startsWith("/opt/venv/bin/") ? common : [...common, "digest"];
}

function show(field: Field, file: ImageFile): string {
  return field === "mode" ? file.mode.toString(8) : String(file[field]);
}
