import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** npm leaves files with these names out of packages, or reads them itself: they are kept under other ones. */
const kept: Readonly<Record<string, string>> = {
  _changeset: ".changeset",
  _github: ".github",
  _gitignore: ".gitignore",
  "_package.json": "package.json",
};

/** The files of the template as they are to be written: path with forward slashes → text, with every placeholder filled in. */
export async function templateFiles(
  folder: string,
  values: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<readonly [string, string]> => {
        const file = path.join(entry.parentPath, entry.name);
        const parts = path.relative(folder, file).split(path.sep);
        const target = parts.map((part) => kept[part] ?? part).join("/");
        return [fill(target, values), fill(await readFile(file, "utf8"), values)];
      }),
  );
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Replaces `__name__` by its value; a placeholder without one stays as it is, for the test to find. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/__([a-zA-Z]+)__/g, (whole, name: string) => values[name] ?? whole);
}
