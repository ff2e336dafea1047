import type { ImageFile } from "../contents/image-file.ts";
import { resolveInImage } from "../contents/resolve-in-image.ts";
import type { ContractExpectation } from "./expectation.ts";
import type { Violations } from "./violations.ts";

const venv = "/opt/venv";

/** The virtual environment: whole, root's, without pip and compiled files, with the distributions that were asked for. */
export function checkVenv(
  violations: Violations,
  files: ReadonlyMap<string, ImageFile>,
  expectation: ContractExpectation,
): void {
  const inside = [...files].filter(([path]) => path === venv || path.startsWith(`${venv}/`));
  violations.check(files.has(`${venv}/pyvenv.cfg`), "venv", `${venv}/pyvenv.cfg is not there`);
  const python = resolveInImage(files, `${venv}/bin/python`);
  const interpreter = python === undefined ? undefined : files.get(python);
  violations.check(
    interpreter !== undefined && (interpreter.mode & 0o111) === 0o111,
    "venv-python",
    `${venv}/bin/python leads to ${python ?? "nothing"}, which everyone must be able to run`,
  );

  const strangers = inside.filter(([, file]) => file.uid !== 0 || file.gid !== 0);
  violations.check(strangers.length === 0, "venv-owner", `not root's: ${some(strangers)}`);
  const writable = inside.filter(([, file]) => file.type !== "symlink" && (file.mode & 0o022) !== 0);
  violations.check(writable.length === 0, "venv-mode", `not only root can write: ${some(writable)}`);
  const unreadable = inside.filter(([, file]) => file.type !== "symlink" && (file.mode & 0o004) === 0);
  violations.check(unreadable.length === 0, "venv-mode", `not everyone can read: ${some(unreadable)}`);

  const sites = new Set(inside.map(([path]) => /^\/opt\/venv\/lib\/(python[0-9.]+)\/site-packages\//.exec(path)?.[1]));
  sites.delete(undefined);
  violations.check(sites.size === 1, "venv", `${sites.size} folders lib/python*/site-packages instead of one`);
  const [site] = sites;
  const { pythonVersion } = expectation;
  if (pythonVersion !== undefined) {
    violations.check(site === `python${pythonVersion}`, "python-version", `the venv is one of ${site}`);
  }

  const pips = inside.filter(([path]) => /\/bin\/pip[0-9.]*$|\/site-packages\/pip(\/|-[^/]*\.dist-info\/)/.test(path));
  violations.check(expectation.pip === true || pips.length === 0, "venv-pip", `pip is there: ${some(pips)}`);
  const compiled = inside.filter(([path]) => path.endsWith(".pyc"));
  if (expectation.bytecode === true) {
    const sources = inside.filter(([path]) => path.endsWith(".py"));
    violations.check(sources.length === 0 || compiled.length > 0, "bytecode", "the venv has no compiled files");
  } else violations.check(compiled.length === 0, "bytecode", `compiled files: ${some(compiled)}`);
  if (expectation.distributions !== undefined) checkDistributions(violations, inside, expectation.distributions);
}

/** The `.pth` that makes the source importable: one line of it is the workdir. */
export function checkSourcePath(violations: Violations, files: ReadonlyMap<string, ImageFile>, workdir: string): void {
  const lines = [...files]
    .filter(([path]) => /^\/opt\/venv\/lib\/python[0-9.]+\/site-packages\/[^/]+\.pth$/.test(path))
    .flatMap(([, file]) =>
      Buffer.from(file.content ?? [])
        .toString()
        .split("\n"),
    );
  violations.check(lines.includes(workdir), "source-pth", `no .pth of the venv names ${JSON.stringify(workdir)}`);
}

function checkDistributions(
  violations: Violations,
  inside: readonly (readonly [string, ImageFile])[],
  wanted: Readonly<Record<string, string>>,
): void {
  const found = new Map<string, string>();
  for (const [path] of inside) {
    const [, name, version] = /\/site-packages\/([^/]+)-([^/-]+)\.dist-info\/METADATA$/.exec(path) ?? [];
    if (name !== undefined && version !== undefined) found.set(normalName(name), version);
  }
  const names = new Map(Object.entries(wanted).map(([name, version]) => [normalName(name), version]));
  for (const [name, version] of names) {
    const got = found.get(name);
    violations.check(got === version, "distributions", `${name} is ${got ?? "not installed"} instead of ${version}`);
  }
  for (const [name, version] of found) {
    violations.check(names.has(name), "distributions", `${name} ${version} is installed and was not asked for`);
  }
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** The first paths of a list, and how many more there are. */
function some(entries: readonly (readonly [string, ImageFile])[]): string {
  const shown = entries.slice(0, 3).map(([path, { uid, gid, mode }]) => `${path} (${uid}:${gid} ${mode.toString(8)})`);
  return entries.length > 3 ? `${shown.join(", ")} and ${entries.length - 3} more` : shown.join(", ");
}
