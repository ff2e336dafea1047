import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { run, say } from "./command.mjs";

/** Extension modules that stand on shared libraries, and pip: what a badly laid out CPython would lack. */
const linkedModules = ["ssl", "sqlite3", "ctypes", "bz2", "lzma", "zlib", "readline", "curses", "uuid", "pip", "venv"];

/** CPython builds that Maven Central has as relocatable trees (`org.bytedeco:cpython`, linux-x86_64), and what older ones lack. */
export const pythons = {
  3.9: {
    version: "3.9.6-1.5.6",
    sha256: "e8c42da2fe5658f6d8f270193ed84463bf768123bace0859731b31cbfbddb35f",
    lacks: ["sqlite3", "lzma", "readline", "curses"],
  },
  "3.10": {
    version: "3.10.8-1.5.8",
    sha256: "2f101b1aa06effdbda3c318c1728b13f22b571707c7b7704abaf5d19a33aa981",
    lacks: ["sqlite3", "lzma", "readline", "curses"],
  },
  3.11: {
    version: "3.11.3-1.5.9",
    sha256: "668b42f6a8b1a9789de7d3ca54a81fefb754cd8e885554b42858bbcbc0dd497c",
    lacks: ["sqlite3", "lzma", "readline", "curses"],
  },
  3.12: {
    version: "3.12.1-1.5.10",
    sha256: "a135fcf4dc01adebf7ea439252276fc3196db80f7e0dd3da0b61f1ec489b68bd",
  },
  3.13: {
    version: "3.13.5-1.5.12",
    sha256: "50ad91aa0baa57f0235bb666b87d8bf2a44e215d28c250de1030502906af143b",
  },
  3.14: {
    version: "3.14.3-1.5.13",
    sha256: "eb5f1a6fe2dc498ac18927189a37f28a47b0ba06ae6bd85112eff023fe2eb46f",
  },
};

/** The modules that a CPython of this minor must be able to import once it is laid out. */
export function expectedModules(minor) {
  return linkedModules.filter((name) => !pythons[minor].lacks?.includes(name));
}

/** The prefix that the builds have compiled in. */
const builtPrefix = "/home/runner/work/javacpp-presets/javacpp-presets/cpython/cppbuild/linux-x86_64";

/** `3.12` → `3.12.1` */
export function patchVersion(minor) {
  return pythons[minor].version.split("-")[0];
}

/** The archive of a CPython, downloaded once and checked. */
export async function pythonArchive(folder, minor) {
  const { version, sha256 } = pythons[minor];
  const name = `cpython-${version}-linux-x86_64.jar`;
  const file = path.join(folder.cache, "downloads", name);
  if (existsSync(file)) return file;
  say(`download CPython ${patchVersion(minor)}`);
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  const url = `https://repo1.maven.org/maven2/org/bytedeco/cpython/${version}/${name}`;
  await run(["curl", "-fsSL", "--retry", "4", "--retry-all-errors", "--max-time", "300", "-o", partial, url]);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(partial)) hash.update(chunk);
  const got = hash.digest("hex");
  if (got !== sha256) {
    rmSync(partial);
    throw new Error(`"${url}" has sha256 ${got}, expected ${sha256}`);
  }
  renameSync(partial, file);
  return file;
}

/** Lays a CPython out under `<root>/usr/local` as the hub's python images have it. */
export async function layOutPython(folder, minor, root) {
  const archive = await pythonArchive(folder, minor);
  const unpacked = path.join(folder.work, "base", `cpython-${minor}`);
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  // Tests and the Tk programs are not in the hub's slim images either.
  const left = ["test", "idlelib", "turtledemo", "tkinter"].map((name) => `*/lib/python${minor}/${name}/*`);
  await run([
    ...["unzip", "-q", archive, "org/bytedeco/cpython/linux-x86_64/*", "-d", unpacked],
    ...["-x", ...left, `*/lib-dynload/_test*`, `*/lib-dynload/xx*`, "*/libjnipython.so", "*/libs/*", "*/libffi.so"],
  ]);
  const tree = path.join(unpacked, "org/bytedeco/cpython/linux-x86_64");
  const prefix = path.join(root, "usr/local");
  mkdirSync(prefix, { recursive: true });
  for (const name of ["bin", "lib", "include"]) {
    cpSync(path.join(tree, name), path.join(prefix, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of readdirSync(tree).filter((file) => /^lib(python|ffi).*\.so\./.test(file))) {
    cpSync(path.join(tree, name), path.join(prefix, "lib", name));
  }
  const bin = path.join(prefix, "bin");
  rmSync(path.join(bin, "python3"), { force: true });
  if (!existsSync(path.join(bin, `python${minor}`))) {
    cpSync(path.join(tree, `python${minor}`), path.join(bin, `python${minor}`));
  }
  rmSync(path.join(bin, "c_rehash"), { force: true });
  for (const name of ["pip3", "pydoc3", "python3-config"]) {
    if (existsSync(path.join(bin, name))) link(name, path.join(bin, name.replace("3", "")));
  }
  for (const name of ["python3", "python"]) link(`python${minor}`, path.join(bin, name));
  link(`libpython${minor}.so.1.0`, path.join(prefix, "lib", `libpython${minor}.so`));
  fixTree(prefix);
  rmSync(unpacked, { recursive: true, force: true });
}

function link(target, file) {
  rmSync(file, { force: true });
  symlinkSync(target, file);
}

/** Modes, which the archive lacks, and the compiled-in prefix, in every file below. */
function fixTree(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      fixTree(file);
      chmodSync(file, 0o755);
    } else if (entry.isFile()) {
      const library = /\.so(\.|$)/.test(entry.name);
      const text = /(^|\/)(bin|pkgconfig|config-[^/]*)\/[^/]*$|\/_sysconfigdata[^/]*\.py$/.test(file);
      if (library || text) fixPrefix(file, library);
      chmodSync(file, library || path.basename(directory) === "bin" ? 0o755 : 0o644);
    }
  }
}

function fixPrefix(file, isLibrary) {
  if (statSync(file).size > 32 << 20) return;
  const bytes = readFileSync(file);
  if (!bytes.includes(builtPrefix)) return;
  if (!isLibrary && !bytes.includes(0)) {
    writeFileSync(file, bytes.toString("latin1").replaceAll(builtPrefix, "/usr/local"), "latin1");
    return;
  }
  // The OpenSSL inside looks for certificates below its own prefix. A shorter C string in the place of a longer one keeps every
  // offset, and Debian's OpenSSL has the same files below /usr/lib/ssl.
  const old = Buffer.from(`${builtPrefix}/ssl`);
  for (let at = bytes.indexOf(old); at !== -1; at = bytes.indexOf(old, at + 1)) {
    const end = bytes.indexOf(0, at);
    const next = Buffer.from(`/usr/lib/ssl${bytes.toString("latin1", at + old.length, end)}`, "latin1");
    bytes.fill(0, at, end);
    next.copy(bytes, at);
  }
  writeFileSync(file, bytes);
}
