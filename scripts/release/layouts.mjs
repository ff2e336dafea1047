// Layouts without the usual node_modules: yarn's Plug'n'Play, and applications that a bundler made one file of.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../run.mjs";

const yarn = ["-y", "@yarnpkg/cli-dist@4.17.1", "--"];

/** A project of yarn with Plug'n'Play: packages stay in archives. */
export async function checkPlugAndPlay(folder, { url, env }) {
  const project = path.join(folder, "yarn-project");
  await mkdir(project);
  await writeFile(
    path.join(project, ".yarnrc.yml"),
    `nodeLinker: pnp\nnpmRegistryServer: "${url}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableGlobalCache: false\nnpmMinimalAgeGate: 0\n`,
  );
  await writeFile(path.join(project, "yarn.lock"), "");
  await writeFile(
    path.join(project, "package.json"),
    JSON.stringify({ name: "yarn-project", private: true, type: "module" }),
  );
  const inProject = (args, options) =>
    run("npx", [...yarn, ...args], {
      cwd: project,
      env: { ...env, YARN_ENABLE_IMMUTABLE_INSTALLS: "0", YARN_GLOBAL_FOLDER: path.join(folder, "yarn") },
      ...options,
    });
  await inProject(["add", "imagespec", "@imagespec/core", "@imagespec/builder-assemble"], { quiet: true });
  const { stdout } = await inProject(["imagespec", "builders", "--json"], { capture: true });
  if (!stdout.includes('"assemble"')) throw new Error(`no builder "assemble" in ${stdout}`);
}

// Packages in CommonJS ask for Node's own modules by `require`, which a module of esbuild's does not have by itself.
const banner = 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';

const configs = {
  esbuild: (entry, away) => {
    const outfile = path.join(away, "app.mjs");
    return ["--bundle", "--platform=node", "--format=esm", `--banner:js=${banner}`, `--outfile=${outfile}`, entry];
  },
  rolldown: (entry, away) => {
    const output = ["--dir", away, "--entry-file-names", "app.mjs"];
    return [entry, "--platform", "node", "--format", "esm", ...output];
  },
};

/** Bundles an application with its builder, runs it away from its packages, and returns the digest that it prints. */
export async function buildsBundled(project, bundler, cache) {
  const entry = path.join(project, `${bundler}-app.mjs`);
  // "./register" is the module with the side effect: a bundler that drops it would leave the engine without builders.
  await writeFile(
    entry,
    `import "@imagespec/builder-assemble/register";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
const engine = new ImageBuildEngine({ cacheFolder: ${JSON.stringify(cache)} });
const image = await engine.build(new ImageSpec({ name: "release/check", baseImage: { debian: "trixie" }, packages: ["six"] }));
console.log(image.digest);
await engine.close();
`,
  );
  const away = path.join(cache, "..", `${bundler}-away`);
  await mkdir(away, { recursive: true });
  const program = path.join(project, "node_modules", ".bin", bundler);
  await run(program, configs[bundler](entry, away), { cwd: project, quiet: true });
  const { stdout } = await run(process.execPath, [path.join(away, "app.mjs")], { cwd: away, capture: true });
  return stdout.trim();
}
