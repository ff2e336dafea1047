import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

export interface SpecFolder extends TemporaryFolder {
  write(files: Readonly<Record<string, string | { readonly link: string } | { readonly run: string }>>): Promise<void>;
}

/** A folder of its own that is removed afterwards. `{ link }` makes a symbolic link, `{ run }` an executable file. */
export async function createSpecFolder(files: Parameters<SpecFolder["write"]>[0] = {}): Promise<SpecFolder> {
  const temporary = await temporaryFolder();
  const { path } = temporary;
  const folder: SpecFolder = {
    path,
    async write(more) {
      for (const [name, content] of Object.entries(more)) {
        const file = join(path, name);
        await mkdir(dirname(file), { recursive: true });
        if (typeof content === "string") await writeFile(file, content);
        else if ("link" in content) await symlink(content.link, file);
        else {
          await writeFile(file, content.run);
          await chmod(file, 0o755);
        }
      }
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
  await folder.write(files);
  return folder;
}
