// A package's build script, run in its folder: tsc compiles and writes the declarations, then the compiled modules are joined into
// a few files. Every module costs a Node process half a millisecond to find and load, and a build of an unchanged spec needs
// hundreds; docs/decisions/0002-bundled-packages.md has the figures. Other packages stay imports.
// Arguments: modules beside those in "exports" that something outside of the package imports, such as `start`. Modules that are
// imported in several ways become a file for each set of importers; `--join a,b` makes one file of all that `a` or `b` loads and no
// `--join` before it has: for what is started often.
import { copyFile, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";
import { bin, run } from "./run.mjs";

const cwd = process.cwd();
// As deep as dist, so that declaration maps point to the sources from both; of this process alone, since two may build at once.
const compiled = path.join(cwd, `.build-${process.pid}`);
const dist = path.join(cwd, "dist");
const manifest = JSON.parse(await readFile("package.json", "utf8"));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { join: { type: "string", multiple: true, default: ["index"] } },
});
const joins = values.join.map((names) => new Set(names.split(",").map((name) => path.join(compiled, `${name}.js`))));
const entries = Object.values(manifest.exports)
  .map((target) => target.default ?? target)
  .filter((target) => typeof target === "string" && target.startsWith("./dist/"))
  .map((target) => target.slice("./dist/".length, -".js".length))
  .concat(positionals);

try {
  await run(bin("tsc"), ["-p", "tsconfig.build.json", "--outDir", compiled], { cwd });
  const joined = path.join(compiled, ".joined");
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, path.join(compiled, `${name}.js`)])),
    external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
    platform: "node",
    tsconfig: false,
    treeshake: false,
    checks: { ineffectiveDynamicImport: false },
  });
  const codeSplitting = {
    groups: joins.map((modules, position) => ({
      name: (id, graph) => (isNeededBy(modules, id, graph) ? `join-${position}` : null),
      debugName: `join-${position}`,
      priority: joins.length - position,
      minShareCount: 2,
    })),
  };
  await bundle.write({
    dir: joined,
    format: "es",
    entryFileNames: "[name].js",
    chunkFileNames: "chunk-[hash].js",
    codeSplitting,
  });
  await bundle.close();

  const declarations = (await readdir(compiled, { recursive: true })).filter((file) => /\.d\.ts(\.map)?$/.test(file));
  const modules = await readdir(joined);
  // New files replace old ones one by one, entries last: a process that starts in the middle finds a whole package.
  for (const file of declarations) await replace(path.join(compiled, file), path.join(dist, file));
  for (const file of modules.sort((a, b) => Number(b.startsWith("chunk-")) - Number(a.startsWith("chunk-")))) {
    await replace(path.join(joined, file), path.join(dist, file));
  }
  const wanted = new Set([...declarations, ...modules]);
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const file = path.relative(dist, path.join(entry.parentPath, entry.name));
    if (entry.isFile() && !wanted.has(file)) await rm(path.join(dist, file), { force: true });
  }
} finally {
  await rm(compiled, { recursive: true, force: true });
}

async function replace(from, to) {
  await mkdir(path.dirname(to), { recursive: true });
  const partial = `${to}.${process.pid}`;
  await copyFile(from, partial);
  await rename(partial, to);
}

/** Whether one of the modules is this one, or imports it statically, by whatever way. */
function isNeededBy(modules, id, graph) {
  const seen = new Set([id]);
  for (const current of seen) {
    if (modules.has(current)) return true;
    for (const importer of graph.getModuleInfo(current)?.importers ?? []) seen.add(importer);
  }
  return false;
}
