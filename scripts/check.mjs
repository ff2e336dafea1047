// `node scripts/check.mjs NAME…`: the checks that are no test suites. Each counts as one test. `--update` rewrites what is
// generated instead of comparing it.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { checkApi } from "./checks/api.mjs";
import { checkDirection } from "./checks/direction.mjs";
import { checkDocs } from "./checks/docs.mjs";
import { bin, root, run } from "./run.mjs";
import { pnpm, setUp, turbo } from "./setup.mjs";

export const checks = {
  lint: () => run(bin("biome"), ["check", "--error-on-warnings", "."], { quiet: true }),
  types: () => turbo(["run", "typecheck", "--output-logs=errors-only"], { quiet: true }),
  boundaries: async () => {
    await turbo(["boundaries"], { quiet: true });
    await checkDirection();
  },
  unused: () => run(bin("knip"), ["--no-progress"], { quiet: true }),
  api: async (options) => checkApi(await publicPackages(), options),
  packages: checkPackages,
  docs: checkDocs,
};

/** Packs every public package and checks the tarballs: what users install, not what lies in the repository. */
async function checkPackages() {
  const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-packages-"));
  try {
    const tarballs = await packAll(folder);
    for (const { tarball } of tarballs) {
      await run(bin("publint"), ["run", tarball, "--strict"], { quiet: true });
      await run(bin("attw"), [tarball, "--profile", "esm-only"], { quiet: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function publicPackages() {
  const found = [];
  for (const group of ["packages", "plugins"]) {
    for (const name of await readdir(path.join(root, group))) {
      const folder = path.join(root, group, name);
      const manifest = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
      if (manifest.private !== true) found.push({ folder, name: manifest.name, version: manifest.version });
    }
  }
  return found;
}

export async function packAll(target) {
  const packed = [];
  for (const entry of await publicPackages()) {
    await pnpm(["pack", "--pack-destination", target], { cwd: entry.folder, quiet: true });
    const file = `${entry.name.replace("@", "").replace("/", "-")}-${entry.version}.tgz`;
    packed.push({ ...entry, tarball: path.join(target, file) });
  }
  return packed;
}

if (process.argv[1] === import.meta.filename) {
  const update = process.argv.includes("--update");
  const given = process.argv.slice(2).filter((word) => word !== "--update");
  const names = given.length > 0 ? given : Object.keys(checks);
  await setUp();
  let failed = 0;
  for (const name of names) {
    const check = checks[name];
    if (check === undefined) throw new Error(`no check "${name}"; there are ${Object.keys(checks).join(", ")}`);
    try {
      await check({ update });
      console.log(`✔ ${name}`);
    } catch (error) {
      failed++;
      console.error(`✗ ${name}: ${error.message}`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}
