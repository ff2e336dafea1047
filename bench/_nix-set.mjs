// A package set of 600 MB and more: that of the tests, with modules that hold files of this machine.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

const wanted = 640e6;
const packages = 14;
const sources = ["/usr/lib/x86_64-linux-gnu", "/usr/lib", "/usr/share"];

/** Lays the set out and gives `{ path, sha256, modules, bytes }`. */
export function layOutBigSet(testSet, folder) {
  cpSync(path.join(testSet, "files"), path.join(folder, "files"), { recursive: true });
  const modules = [];
  let bytes = 0;
  const add = [];
  const files = sources.flatMap((source) => filesIn(source, source === "/usr/lib" ? 2 : 6));
  const perPackage = wanted / packages;
  for (let number = 0; number < packages; number++) {
    const name = `big${number}`;
    const target = path.join(folder, "files", "big", name);
    mkdirSync(target, { recursive: true });
    for (let own = 0; own < perPackage; ) {
      const file = files.shift();
      if (file === undefined) throw new Error(`the machine has less than ${wanted} bytes in ${sources.join(", ")}`);
      copyFileSync(file.path, path.join(target, `${files.length}-${path.basename(file.path)}`));
      own += file.size;
      bytes += file.size;
    }
    modules.push(name);
    add.push(
      `    ${name} = module { pname = "${name}"; version = "1.0"; script = "cp -r $files/big/${name} $site/${name}"; };`,
    );
  }
  const expression = readFileSync(path.join(testSet, "default.nix"), "utf8");
  const at = "  pythonPackages = {\n";
  writeFileSync(path.join(folder, "default.nix"), expression.replace(at, `${at}${add.join("\n")}\n`));
  const { stdout, status } = spawnSync("nix-hash", ["--type", "sha256", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error("nix-hash failed");
  return { path: folder, sha256: `sha256-${Buffer.from(stdout.trim(), "hex").toString("base64")}`, modules, bytes };
}

/** Regular files of some size below a folder, in the order of their names. */
function filesIn(folder, depth) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && depth > 1 && !file.startsWith("/usr/lib/x86_64-linux-gnu/../"))
      found.push(...filesIn(file, depth - 1));
    else if (entry.isFile() && /^[\x21-\x7e]+$/.test(entry.name)) {
      const { size } = statSync(file);
      if (size > 20_000 && size < 60e6) found.push({ path: file, size });
    }
  }
  return found;
}
