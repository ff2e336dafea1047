import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { builderNames } from "./builder-names.ts";
import { templateFiles } from "./template-files.ts";

export interface ScaffoldOptions {
  /** `slurm`, `imagespec-builder-slurm` or `@acme/imagespec-builder-slurm`. */
  readonly name: string;
  /** Absolute; made when it does not exist. */
  readonly folder: string;
  /** One sentence for package.json and README. @default "Builds images with <name>" */
  readonly description?: string | undefined;
}

/**
 * Writes a plugin repository: a working builder, its tests with the conformance suite, README, changeset and CI.
 *
 * @returns the files, relative to the folder, sorted
 * @throws CONFIG_INVALID for a name that cannot be one, or a folder that holds something already: nothing is written then
 */
export async function scaffoldBuilder(options: ScaffoldOptions): Promise<readonly string[]> {
  const names = builderNames(options.name);
  const description = (options.description ?? "").trim() || `Builds images with ${names.builder}`;
  await assertEmpty(options.folder);
  const own = path.join(import.meta.dirname, "..");
  const files = await templateFiles(path.join(own, "template"), {
    builder: names.builder,
    factory: names.factory,
    options: names.options,
    package: names.package,
    // Stands in a JSON string and in Markdown: no quotes, no line breaks.
    description: description.replaceAll(/["\\\r\n]+/g, " "),
    ...(await versions(path.join(own, "package.json"))),
  });
  for (const [file, text] of files) {
    const target = path.join(options.folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
  }
  return [...files.keys()];
}

async function assertEmpty(folder: string): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return;
    if (systemCodeOf(error) !== "ENOTDIR") throw error;
    names = [path.basename(folder)];
  }
  // A fresh clone of an empty repository is empty enough.
  const there = names.filter((name) => name !== ".git");
  if (there.length === 0) return;
  throw new ImageSpecError("CONFIG_INVALID", `the folder "${folder}" is not empty: it holds "${there[0]}"`, {
    hint: "choose another folder with --folder, or empty this one",
    details: { folder },
  });
}

/** The versions of the packages that this one was released with. */
async function versions(manifest: string): Promise<Readonly<Record<string, string>>> {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(await readFile(manifest, "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  const range = (name: string): string => dependencies[name] ?? devDependencies[name] ?? "latest";
  return {
    coreVersion: range("@imagespec/core"),
    errorsVersion: range("@imagespec/errors"),
    assemblerVersion: range("@imagespec/assembler"),
    kitVersion: range("@imagespec/plugin-kit"),
  };
}
