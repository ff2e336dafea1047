// What users get: every package published to a registry of its own, installed from there into empty projects and used.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { packAll, publicPackages } from "../check.mjs";
import { buildsBundled, checkPlugAndPlay } from "../release/layouts.mjs";
import { npm, startLocalRegistry } from "../release/local-registry.mjs";
import { checkPythonInstall } from "../release/python-install.mjs";
import { checkScaffold } from "../release/scaffold.mjs";
import { formatWeight, weightOf } from "../release/weight.mjs";
import { root, run, say } from "../run.mjs";
import { setUp } from "../setup.mjs";

const typescripts = ["5.5", "5.9", "6.0", "7.0"];
const total = { passed: 0, failed: 0, skipped: 0 };

async function step(name, action) {
  try {
    await action();
    total.passed++;
    say(`✔ ${name}`);
  } catch (error) {
    total.failed++;
    say(`✗ ${name}: ${error.message}`);
  }
}

async function emptyProject(folder, name) {
  const project = path.join(folder, name);
  await mkdir(project, { recursive: true });
  await writeFile(path.join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  return project;
}

const buildScript = (cache) => `import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { assemble } from "@imagespec/builder-assemble";
const engine = new ImageBuildEngine({ builders: [assemble()], cacheFolder: ${JSON.stringify(cache)} });
const image = await engine.build(new ImageSpec({ name: "release/check", baseImage: { debian: "trixie" }, packages: ["six"] }));
console.log(image.digest);
await engine.close();
`;

async function buildsImage(project, cache) {
  await writeFile(path.join(project, "build.mjs"), buildScript(cache));
  const { stdout } = await run(process.execPath, ["build.mjs"], { cwd: project, capture: true });
  if (!/^sha256:[0-9a-f]{64}\n$/.test(stdout)) throw new Error(`unexpected output ${stdout}`);
  return stdout.trim();
}

await setUp();
const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-release-"));
const registry = await startLocalRegistry(path.join(folder, "registry"));
try {
  const { env } = registry;
  const cache = path.join(folder, "cache");
  const install = (project, names) =>
    run(npm, ["install", "--no-audit", "--no-fund", ...names], { cwd: project, env, quiet: true });

  await step("all packages are published", async () => {
    const tarballs = path.join(folder, "tarballs");
    await mkdir(tarballs);
    for (const { tarball } of await packAll(tarballs)) {
      await run(npm, ["publish", tarball, "--access", "public"], { cwd: folder, env, quiet: true });
    }
  });

  const project = await emptyProject(folder, "npm-project");
  await step("npm installs core, builder-assemble and the command into an empty project", () =>
    install(project, ["@imagespec/core", "@imagespec/builder-assemble", "imagespec"]),
  );
  await step("the command runs and finds its builder", async () => {
    const command = path.join(project, "node_modules", ".bin", "imagespec");
    const { stdout } = await run(command, ["builders", "--json"], { cwd: project, capture: true });
    if (!stdout.includes('"assemble"')) throw new Error(`no builder "assemble" in ${stdout}`);
  });
  let digest;
  await step("an image is built from code", async () => {
    digest = await buildsImage(project, cache);
  });

  const withPnpm = await emptyProject(folder, "pnpm-project");
  await step("pnpm installs the same, and the image is the same", async () => {
    const { packageManager } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
    const store = ["--store-dir", path.join(folder, "pnpm-store")];
    const packages = ["@imagespec/core", "@imagespec/builder-assemble"];
    await run("npx", ["-y", packageManager, "add", ...store, ...packages], { cwd: withPnpm, env, quiet: true });
    const other = await buildsImage(withPnpm, path.join(folder, "pnpm-cache"));
    if (other !== digest) throw new Error(`${other} instead of ${digest}`);
  });

  const example = `import { type BuildEvent, defineBuilder, ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { assemble } from "@imagespec/builder-assemble";
const spec: ImageSpec = new ImageSpec({ name: "a/b", packages: ["six"] }).withEnv({ A: "1" });
const engine = new ImageBuildEngine({ builders: [assemble()] });
export const build = (onEvent: (event: BuildEvent) => void) => engine.build(spec, { onEvent });
export { defineBuilder };
`;
  await writeFile(path.join(project, "types.mts"), example);
  const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "false"];
  for (const version of typescripts) {
    await step(`types are complete under strict for TypeScript ${version}`, async () => {
      await install(project, ["--save-dev", `typescript@~${version}.0`, "@types/node@20"]);
      const tsc = path.join(project, "node_modules", ".bin", "tsc");
      await run(tsc, [...strict, "--types", "node", "types.mts"], { cwd: project, quiet: true });
    });
  }

  await step("yarn without node_modules finds the plugins of a project", () => checkPlugAndPlay(folder, registry));
  for (const bundler of ["esbuild", "rolldown"]) {
    await step(`an application bundled by ${bundler} keeps its builders`, async () => {
      await install(project, ["--save-dev", bundler]);
      const other = await buildsBundled(project, bundler, path.join(folder, `${bundler}-cache`));
      if (other !== digest) throw new Error(`${other} instead of ${digest}`);
    });
  }
  await step("npm create imagespec-builder makes a plugin that installs, tests and packs", () =>
    checkScaffold(folder, registry),
  );

  await step("pip installs the plugin of flytekit, and its command runs without Node.js on the path", () =>
    checkPythonInstall(folder),
  );

  const builders = (await publicPackages()).map(({ name }) => name).filter((name) => /\/builder-/.test(name));
  for (const builder of builders) {
    const alone = await emptyProject(folder, builder.replace("@imagespec/", "weight-"));
    await step(`@imagespec/core and ${builder} are installed alone`, async () => {
      await install(alone, ["@imagespec/core", builder]);
      say(`weight of core + ${builder}: ${formatWeight(await weightOf(path.join(alone, "node_modules")))}`);
    });
  }
} finally {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
