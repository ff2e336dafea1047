// turbo boundaries does not tell what a package needs from what its tests need. This does: product code may import only what
// stands in `dependencies` or `peerDependencies`, and those may name only the packages that turbo.json allows, dev-only ones left out.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../run.mjs";

const devOnly = new Set(["test-support", "registry-server", "plugin-kit", "cloud-testbed"]);
const mayServe = new Set(["cli", "plugin", "plugin-kit"]);

const json = async (file) => JSON.parse(await readFile(file, "utf8"));

export async function checkDirection() {
  const { boundaries } = await json(path.join(root, "turbo.json"));
  const packages = [];
  for (const group of ["packages", "plugins"]) {
    for (const name of await readdir(path.join(root, group))) {
      const folder = path.join(root, group, name);
      const manifest = await json(path.join(folder, "package.json"));
      const { tags } = await json(path.join(folder, "turbo.json"));
      packages.push({
        folder,
        manifest,
        tag: tags[0],
        deps: new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })),
      });
    }
  }
  const tagOf = new Map(packages.map(({ manifest, tag }) => [manifest.name, tag]));
  const problems = [];
  for (const { folder, manifest, tag, deps } of packages) {
    const { allow, deny } = boundaries.tags[tag]?.dependencies ?? {};
    for (const dependency of deps) {
      const other = tagOf.get(dependency);
      if (other === undefined) continue;
      const dev = devOnly.has(other) && !mayServe.has(tag) && manifest.private !== true;
      // In tests one plugin may be held against another.
      const isPlugin = tag === "plugin" && other === "plugin";
      if (dev || isPlugin || (allow !== undefined && !allow.includes(other)) || deny?.includes(other))
        problems.push(`${manifest.name} must not depend on ${dependency}`);
    }
    for (const file of await readdir(path.join(folder, "src"), { recursive: true })) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file.split(path.sep).includes("testing")) continue;
      const text = await readFile(path.join(folder, "src", file), "utf8");
      for (const [, specifier] of text.matchAll(/^(?:import|export)[^"]*?from "((?:@[\w-]+\/)?[\w.-]+)[^"]*"/gm)) {
        if (specifier.startsWith("node") || specifier === manifest.name || specifier.startsWith(".")) continue;
        if (!deps.has(specifier))
          problems.push(
            `${path.relative(root, path.join(folder, "src", file))} imports ${specifier}, which is not among its package's dependencies`,
          );
      }
    }
  }
  if (problems.length > 0) throw new Error(`\n  ${problems.join("\n  ")}`);
}
