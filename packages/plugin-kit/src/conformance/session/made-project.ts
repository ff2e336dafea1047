import { chmod, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

/** Values that go wrong in shells, Dockerfiles, JSON and URLs, each for its own reason. */
export const hostileStrings: Readonly<Record<string, string>> = {
  QUOTES: "it's \"quoted\" `ticks` '",
  DOLLARS: "$HOME $" + "{PATH} $(id) $$ %PATH%",
  BACKSLASHES: "C:\\new\\table \\",
  LINES: "one\ntwo\r\nthree",
  LETTERS: "żółw 漢字 🐍",
  SPACES: "  two  spaces\t ",
  SIGNS: "a=b;c&d|e>f<g#h!i*j?k[l]{m}~",
  EMPTY: "",
};

/** Files of the made source tree: path below the source root to content. */
export const madeSource: Readonly<Record<string, string | Uint8Array>> = {
  "train/__init__.py": "score = 1\n",
  "train/__main__.py": "print('made')\n",
  "train/data/binary.bin": Buffer.from([0, 1, 255, 10, 13, 0]),
  "train/empty.txt": "",
  "train/crlf.txt": "a\r\nb\r\n",
  "train/naïve – 漢字.txt": "names\n",
  'train/it\'s $HOME "here".txt': "more names\n",
  "run.sh": "#!/bin/sh\nexit 0\n",
};

export const madeExecutable = "run.sh";
/** A symbolic link of the source tree, and what it says. */
export const madeLink: { readonly path: string; readonly target: string } = {
  path: "train/link.py",
  target: "__init__.py",
};
/** Files of the source tree that ignore rules keep out of images. */
export const ignoredFiles: readonly string[] = ["train/debug.log", "train/__pycache__/x.pyc"];
/** A file outside of the source root, for `copy`. */
export const copiedFile: { readonly from: string; readonly content: string } = {
  from: "settings/model.toml",
  content: "depth = 3\n",
};

/** Lays out a project with a source tree. `time` is that of all files, in seconds since the epoch. */
export async function writeProject(folder: string, time: number): Promise<void> {
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, time, time);
  };
  for (const [name, content] of Object.entries(madeSource)) await write(`src/${name}`, content);
  for (const name of ignoredFiles) await write(`src/${name}`, "ignored\n");
  await write("src/.gitignore", "*.log\n__pycache__/\n");
  await write(copiedFile.from, copiedFile.content);
  await chmod(path.join(folder, "src", madeExecutable), 0o755);
  await symlink(madeLink.target, path.join(folder, "src", madeLink.path));
}
