import { createHash } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeZip } from "@imagespec/plugin-kit/wheels";
import { run } from "../process/run.ts";
import { temporaryFolder } from "../process/temporary-folder.ts";
import { type CondaFixture, condaFileName, condaIndexRecord, condaPrefix, condaStem } from "./conda-fixture.ts";

/**
 * Writes a well-formed package with its `info` folder, as conda-build would: `.conda` (two zstd archives in a zip) or
 * `.tar.bz2`. Equal fixtures give equal bytes.
 *
 * @returns the path of the file, in the given folder
 */
export async function makeCondaPackage(fixture: CondaFixture, folder: string): Promise<string> {
  await using staging = await temporaryFolder("imagespec-conda-");
  await stageContent(fixture, staging.path);
  const content = await listContent(staging.path);
  await writeInfo(fixture, staging.path, content);
  const target = path.join(folder, condaFileName(fixture));
  if (fixture.format === "tar.bz2") {
    await pack(staging.path, target, "--bzip2", ["."]);
    return target;
  }
  await using parts = await temporaryFolder("imagespec-conda-");
  const stem = condaStem(fixture);
  const names = [`pkg-${stem}.tar.zst`, `info-${stem}.tar.zst`];
  const top = (await readdir(staging.path)).filter((name) => name !== "info").sort();
  await pack(staging.path, parts.join(names[0] ?? ""), "--zstd", top);
  await pack(staging.path, parts.join(names[1] ?? ""), "--zstd", ["info"]);
  const archives = await Promise.all(
    names.map(async (name) => ({ name, content: await readFile(parts.join(name)), method: 0 as const })),
  );
  // Everything in it is stored: readers take the archives out of the zip as they stream past.
  const format = {
    name: "metadata.json",
    content: JSON.stringify({ conda_pkg_format_version: 2 }),
    method: 0 as const,
  };
  await writeFile(target, makeZip([format, ...archives]));
  return target;
}

async function stageContent({ files = {}, tree, treePrefix }: CondaFixture, staging: string): Promise<void> {
  if (tree !== undefined) {
    await cp(tree, staging, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    for (const file of treePrefix === undefined ? [] : await listContent(staging)) {
      if (file.link !== undefined || treePrefix === undefined || !treePrefix.files.test(file.path)) continue;
      const at = path.join(staging, file.path);
      // Latin-1 keeps every byte as it is.
      const text = await readFile(at, "latin1");
      if (text.includes("\0")) continue;
      const { mode } = await stat(at);
      await writeFile(at, text.replaceAll(treePrefix.prefix, condaPrefix), "latin1");
      await chmod(at, mode);
    }
  }
  for (const [name, given] of Object.entries(files)) {
    const { content, mode = 0o644 } = typeof given === "string" ? { content: given } : given;
    const at = path.join(staging, name);
    await mkdir(path.dirname(at), { recursive: true });
    await writeFile(at, content);
    await chmod(at, mode);
  }
}

interface ContentFile {
  /** Relative, with slashes. */
  readonly path: string;
  /** Target of a symbolic link. */
  readonly link: string | undefined;
}

async function listContent(root: string, below = ""): Promise<readonly ContentFile[]> {
  const found: ContentFile[] = [];
  for (const name of (await readdir(path.join(root, below))).sort()) {
    const relative = path.posix.join(below, name);
    const at = path.join(root, relative);
    const status = await lstat(at);
    if (status.isDirectory()) found.push(...(await listContent(root, relative)));
    else found.push({ path: relative, link: status.isSymbolicLink() ? await readlink(at) : undefined });
  }
  return found;
}

async function writeInfo(fixture: CondaFixture, staging: string, content: readonly ContentFile[]): Promise<void> {
  const info = path.join(staging, "info");
  await mkdir(info, { recursive: true });
  const paths = await Promise.all(content.map((file) => describePath(staging, file)));
  const documents: Record<string, unknown> = {
    "index.json": condaIndexRecord(fixture),
    "paths.json": { paths, paths_version: 1 },
    "about.json": { summary: `${fixture.name}, made by a test` },
    ...(fixture.noarch === "python"
      ? {
          "link.json": {
            noarch: { type: "python", entry_points: fixture.entryPoints ?? [] },
            package_metadata_version: 1,
          },
        }
      : {}),
  };
  for (const [name, document] of Object.entries(documents)) {
    await writeFile(path.join(info, name), `${JSON.stringify(document, undefined, 2)}\n`);
  }
  await writeFile(path.join(info, "files"), content.map((file) => `${file.path}\n`).join(""));
}

async function describePath(staging: string, { path: name, link }: ContentFile): Promise<unknown> {
  const at = path.join(staging, name);
  const bytes = link === undefined || (await isFile(at)) ? await readFile(at) : Buffer.alloc(0);
  const common = {
    _path: name,
    path_type: link === undefined ? "hardlink" : "softlink",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    size_in_bytes: bytes.length,
  };
  const placed = link === undefined && bytes.includes(condaPrefix);
  return placed ? { ...common, prefix_placeholder: condaPrefix, file_mode: "text" } : common;
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    // A link into another package.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function pack(folder: string, target: string, compression: string, names: readonly string[]): Promise<void> {
  const owner = ["--numeric-owner", "--owner=0", "--group=0", "--mtime=@0", "--sort=name", "--format=gnu"];
  // The archive's members are named as conda names them, without a leading "./".
  const list = names[0] === "." ? (await readdir(folder)).sort() : names;
  const members = list.length === 0 ? ["--files-from", "/dev/null"] : ["--", ...list];
  await run(["tar", "--create", compression, "--file", target, ...owner, "--directory", folder, ...members]);
}
