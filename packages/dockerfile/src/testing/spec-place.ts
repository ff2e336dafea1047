import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ImageSpec, type ImageSpecInput, type ResolvedImageSpec, resolveImageSpec } from "@imagespec/core";

/** A folder with files, in which specs are resolved; removed in the end. */
export interface SpecPlace extends AsyncDisposable {
  readonly folder: string;
  resolve(input: ImageSpecInput): Promise<ResolvedImageSpec>;
}

/** `links`: symbolic links, path → target. A file with a mode is `{ text, mode }`. */
export async function specPlace(
  files: Readonly<Record<string, string>> = {},
  options: { readonly links?: Readonly<Record<string, string>>; readonly executable?: readonly string[] } = {},
): Promise<SpecPlace> {
  const folder = await mkdtemp(path.join(tmpdir(), "dockerfile-"));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode: options.executable?.includes(name) === true ? 0o755 : 0o644 });
  }
  for (const [name, target] of Object.entries(options.links ?? {})) await symlink(target, path.join(folder, name));
  return {
    folder,
    resolve: (input) => resolveImageSpec(new ImageSpec(input), { root: folder }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
