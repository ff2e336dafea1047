// A command's program, built in the folder of its package: `build-program.mjs ENTRY JOIN…` joins the sources of the command and
// of the workspace packages that it uses into dist/program.cjs and chunks. A JOIN, `a.ts,b.ts`, is what is started often: all that
// these modules import statically, and no JOIN before it has, becomes one chunk. Code is CommonJS, since Node 20 keeps compiled
// code of nothing else, and the names of chunks tell what is in them. docs/decisions/0002-bundled-packages.md has the figures.
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { rolldown } from "rolldown";

const cwd = process.cwd();
const packages = path.join(import.meta.dirname, "..", "packages");
const dist = path.join(cwd, "dist");
const building = path.join(cwd, `.program-${process.pid}`);
const [entry, ...joins] = process.argv.slice(2);

// Not joined: they are large, are needed seldom, and would not run from another place.
const external = ["jiti", "undici"];

const closures = await Promise.all(
  joins.map((files) => closureOf(files.split(",").map((file) => path.join(cwd, file)))),
);
const bundle = await rolldown({
  input: { program: path.join(cwd, entry) },
  external: (id) => id.startsWith("node:") || external.includes(id),
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  tsconfig: false,
  // `using` is newer than Node 20.
  transform: { target: "node20.19" },
  resolve: { conditionNames: ["@imagespec/source", "module", "import", "default"] },
  treeshake: { moduleSideEffects: false },
  checks: { ineffectiveDynamicImport: false },
  plugins: [joinYaml(), finishChunks()],
});
try {
  const { output } = await bundle.write({
    dir: building,
    format: "cjs",
    comments: false,
    entryFileNames: "program.cjs",
    chunkFileNames: "program-[hash].cjs",
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: closures.map((closure, position) => ({
        name: `join-${position}`,
        test: (id) => closure.has(id),
        priority: closures.length - position,
      })),
    },
  });
  await bundle.close();
  await writeFile(path.join(building, "program-licenses.txt"), await licensesOf(output));
  const files = await readdir(building);
  for (const file of files) if (file.endsWith(".cjs")) await escapeFile(path.join(building, file));
  // The entry last: a process that starts in the middle finds a whole program.
  for (const file of files.sort((a, b) => Number(b !== "program.cjs") - Number(a !== "program.cjs"))) {
    await rename(path.join(building, file), path.join(dist, file));
  }
  for (const file of await readdir(dist)) {
    if (file.startsWith("program-") && !files.includes(file)) await rm(path.join(dist, file), { force: true });
  }
  // Of the program that was here before.
  await rm(path.join(cwd, ".kept-code"), { recursive: true, force: true });
} finally {
  await rm(building, { recursive: true, force: true });
}

/**
 * The modules that run when others do: their static imports, and theirs. Of a workspace package only what is asked for, since its
 * index.ts imports all of it.
 */
async function closureOf(files) {
  const closure = new Set(files);
  for (const file of closure) {
    const text = await readFile(file, "utf8");
    for (const [, names, id] of text.matchAll(/^(?:import|export) (?!type )(?:(\{[^}]*\}) from )?"([^"]+)";/gms)) {
      if (id.startsWith(".")) closure.add(path.join(path.dirname(file), id));
      if (!id.startsWith("@imagespec/")) continue;
      const index = path.join(packages, id.slice("@imagespec/".length), "src", "index.ts");
      for (const found of await definingFiles(index, valuesIn(names))) closure.add(found);
    }
  }
  return closure;
}

async function definingFiles(index, names) {
  const exported = [...(await readFile(index, "utf8")).matchAll(/^export (\{[^}]*\}) from "([^"]+)";/gms)];
  return exported
    .filter(([, list]) => valuesIn(list).some((name) => names.includes(name)))
    .map(([, , id]) => path.join(path.dirname(index), id));
}

function valuesIn(list = "{}") {
  const names = list
    .slice(1, -1)
    .split(",")
    .map((name) => name.trim());
  return names.filter((name) => name !== "" && !name.startsWith("type ")).map((name) => name.split(" as ")[0]);
}

/** The licenses of what others wrote and the program now contains. */
async function licensesOf(chunks) {
  const modules = chunks.flatMap((chunk) => Object.keys(chunk.modules ?? {}));
  const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []));
  const texts = [...folders].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    return `${name} ${version}\n\n${await readFile(path.join(folder, "LICENSE"), "utf8")}`;
  });
  return (await Promise.all(texts)).join("\n\n");
}

/** The parser that packages load at its first use becomes part of the program, and is still run at its first use only. */
function joinYaml() {
  const lazy = 'createRequire(import.meta.url)("yaml")';
  return {
    name: "join-yaml",
    transform: (code) => (code.includes(lazy) ? code.replace(lazy, 'require("yaml")') : null),
  };
}

/** Modules are strict. What is kept compiled cannot import by itself: a module that is not kept does it. */
function finishChunks() {
  return {
    name: "finish-chunks",
    renderChunk: (code) => {
      const finished = code.replace(/(?<![.\w$])import\(/g, "import$elsewhere(");
      const isImporting = finished !== code;
      const first = isImporting ? 'const import$elsewhere = (id) => require("../bin/import-module.js")(id);\n' : "";
      return `"use strict";\n${first}${finished}`;
    },
  };
}

/** The same code in ASCII, which is read fastest and takes half the memory. The bundler would undo it in `renderChunk`. */
async function escapeFile(file) {
  const code = await readFile(file, "utf8");
  if (code.includes("String.raw")) throw new Error(`${file}: escapes in a raw text would be taken literally`);
  await writeFile(
    file,
    code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}
