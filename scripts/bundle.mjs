// Called by a package's build script, in its folder, after tsc: joins the compiled modules of the package into a few files.
// Every module costs a Node process half a millisecond to find and load, and a build of an unchanged spec needs hundreds;
// docs/decisions/0002-bundled-packages.md has the figures. Other packages stay imports, and the .d.ts files stay as tsc wrote them.
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { rolldown } from "rolldown";

const dist = path.resolve("dist");
const joined = path.resolve("dist", ".bundle");
const manifest = JSON.parse(await readFile("package.json", "utf8"));

/** The modules that something outside of the package imports, by their path below dist without the extension. */
const entries = new Set(
  Object.values(manifest.exports)
    .map((target) => target.default ?? target)
    .filter((target) => typeof target === "string" && target.startsWith("./dist/"))
    .map((target) => target.slice("./dist/".length, -".js".length))
    .concat(process.argv.slice(2)),
);

const bundle = await rolldown({
  input: Object.fromEntries([...entries].map((name) => [name, path.join(dist, `${name}.js`)])),
  external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
  platform: "node",
  tsconfig: false,
  treeshake: false,
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({ dir: joined, format: "es", entryFileNames: "[name].js", chunkFileNames: "chunk-[hash].js" });
await bundle.close();

for (const file of await readdir(dist, { recursive: true })) {
  if (/\.js(\.map)?$/.test(file) && !file.startsWith(".bundle")) await rm(path.join(dist, file));
}
for (const file of await readdir(joined)) await rename(path.join(joined, file), path.join(dist, file));
await rm(joined, { recursive: true });
for (const name of entries) {
  if (!existsSync(path.join(dist, `${name}.js`))) throw new Error(`the bundle of ${manifest.name} lacks ${name}.js`);
}
