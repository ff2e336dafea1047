import { lstat, readdir } from "node:fs/promises";
import { systemCodeOf } from "@imagespec/errors";
import type { LayerEntry } from "@imagespec/image-store/layers";
import type { Root } from "../evaluation/evaluation.ts";

/** What is linked where. */
export interface LinkOptions {
  /** Where a store path is on this disk. */
  readonly onDisk: (storePath: string) => string;
  /** `3.12`; nothing for an image without Python of Nix. */
  readonly pythonMinor: string | undefined;
}

const root = { uid: 0, gid: 0 } as const;
/** Programs of the environment itself. */
const ownPrograms = /^(?:python[\d.]*|pip[\d.]*|activate.*)$/;
const localBin = "usr/local/bin";

/** A folder that several store paths may have something in. */
type Providers = readonly { readonly storePath: string }[];

/**
 * The links that make store paths usable at the places where people look: modules in the environment, programs in
 * `/usr/local/bin`, and what an image without a base lacks. Folders that only one path has are links themselves; those of
 * distributions are folders, so that whoever looks for their metadata in a layer finds it.
 */
export async function environmentLinks(
  roots: readonly Root[],
  { onDisk, pythonMinor }: LinkOptions,
): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const link = (at: string, target: string): void => {
    entries.push({ type: "symlink", path: at, mode: 0o777, ...root, target });
  };
  const modules = roots.filter(({ role }) => role === "module");
  if (pythonMinor !== undefined && modules.length > 0) {
    const site = `lib/python${pythonMinor}/site-packages`;
    const providers = modules.map(({ path: storePath }) => ({ storePath: `${storePath}/${site}` }));
    entries.push(...(await mergedLinks(`opt/venv/${site}`, providers, onDisk)));
    for (const { path: storePath } of modules) {
      for (const name of await namesIn(onDisk(`${storePath}/bin`))) {
        if (!ownPrograms.test(name) && !name.startsWith(".")) link(`opt/venv/bin/${name}`, `${storePath}/bin/${name}`);
      }
    }
  }
  for (const { role, path: storePath } of roots) {
    if (role === "program") {
      for (const name of await namesIn(onDisk(`${storePath}/bin`)))
        if (!name.startsWith(".")) link(`${localBin}/${name}`, `${storePath}/bin/${name}`);
      await linkCertificates(storePath, onDisk, link);
    } else if (role === "shell") link("bin/sh", `${storePath}/bin/sh`);
    else if (role === "env") link("usr/bin/env", `${storePath}/bin/env`);
    else if (role === "certificates") await linkCertificates(storePath, onDisk, link);
  }
  if (roots.some(({ role }) => role === "shell"))
    entries.push({ type: "directory", path: "tmp", mode: 0o1777, ...root });
  return entries;
}

async function linkCertificates(
  storePath: string,
  onDisk: (storePath: string) => string,
  link: (at: string, target: string) => void,
): Promise<void> {
  const bundle = `${storePath}/etc/ssl/certs/ca-bundle.crt`;
  if (await exists(onDisk(bundle))) link("etc/ssl/certs/ca-certificates.crt", bundle);
}

/** The first of several paths that have a file of one name wins, as it would on a search path. */
async function mergedLinks(
  at: string,
  providers: Providers,
  onDisk: (storePath: string) => string,
): Promise<readonly LayerEntry[]> {
  const byName = new Map<string, { readonly storePath: string }[]>();
  for (const { storePath } of providers) {
    for (const name of await namesIn(onDisk(storePath))) {
      if (name === "__pycache__" || name.startsWith("_imagespec_")) continue;
      byName.set(name, [...(byName.get(name) ?? []), { storePath: `${storePath}/${name}` }]);
    }
  }
  const entries: LayerEntry[] = [];
  for (const [name, having] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const folders: { readonly storePath: string }[] = [];
    for (const each of having) if (await isFolder(onDisk(each.storePath))) folders.push(each);
    const first = having[0]?.storePath ?? "";
    const isMerged = folders.length > 1 || name.endsWith(".dist-info");
    if (!isMerged || folders.length < having.length) {
      entries.push({ type: "symlink", path: `${at}/${name}`, mode: 0o777, ...root, target: first });
    } else {
      entries.push({ type: "directory", path: `${at}/${name}`, mode: 0o755, ...root });
      entries.push(...(await mergedLinks(`${at}/${name}`, folders, onDisk)));
    }
  }
  return entries;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    // In a store with a root of its own a link into the store leads nowhere on this disk.
    await lstat(file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Whether it is a folder, and not a link to one that the image has under its own name. */
async function isFolder(file: string): Promise<boolean> {
  return (await lstat(file)).isDirectory();
}
