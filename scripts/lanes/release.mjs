// What a user gets: every package packed, installed from its tarball into an empty project with npm, used from there.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { packAll } from "../check.mjs";
import { bin, run, say } from "../run.mjs";
import { setUp } from "../setup.mjs";

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
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

async function sizeOf(folder) {
  let bytes = 0;
  let packages = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const full = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) bytes += (await stat(full)).size;
    if (entry.name === "package.json" && /node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+$/.test(entry.parentPath)) packages++;
  }
  return { bytes, packages };
}

await setUp();
const folder = await mkdtemp(path.join(os.tmpdir(), "imagespec-release-"));
try {
  const packed = await packAll(folder);
  const tarballOf = (name) => packed.find((entry) => entry.name === name).tarball;
  const project = path.join(folder, "project");
  // Tarballs of one release depend on each other by version; overrides point npm at the files instead of at the registry.
  const overrides = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const dependencies = Object.fromEntries(
    ["@imagespec/core", "@imagespec/builder-assemble", "imagespec"].map((name) => [name, `file:${tarballOf(name)}`]),
  );
  await run(process.execPath, ["-e", `require("node:fs").mkdirSync(${JSON.stringify(project)})`]);
  const manifest = {
    name: "empty",
    private: true,
    type: "module",
    dependencies,
    overrides: Object.fromEntries(Object.entries(overrides).filter(([name]) => !(name in dependencies))),
  };
  await writeFile(path.join(project, "package.json"), JSON.stringify(manifest, undefined, 2));

  await step("npm install in an empty project", () =>
    run(npm, ["install", "--no-audit", "--no-fund"], { cwd: project, quiet: true }),
  );
  await step("the command runs and finds its builder", async () => {
    const { stdout } = await run(path.join(project, "node_modules", ".bin", "imagespec"), ["builders", "--json"], {
      cwd: project,
      capture: true,
    });
    if (!stdout.includes('"assemble"')) throw new Error(`no builder "assemble" in ${stdout}`);
  });
  await step("an image is built from code", async () => {
    await writeFile(
      path.join(project, "build.mjs"),
      `import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { assemble } from "@imagespec/builder-assemble";
await using engine = new ImageBuildEngine({ builders: [assemble()], cacheFolder: ${JSON.stringify(path.join(folder, "cache"))} });
const image = await engine.build(new ImageSpec({ name: "release/check", baseImage: { debian: "trixie" }, packages: ["six"] }));
console.log(image.digest);
`
        .replace("await using engine", "const engine")
        .concat("await engine.close();\n"),
    );
    const { stdout } = await run(process.execPath, ["build.mjs"], { cwd: project, capture: true });
    if (!/^sha256:[0-9a-f]{64}\n$/.test(stdout)) throw new Error(`unexpected output ${stdout}`);
  });
  await step("types are complete under strict", async () => {
    await writeFile(
      path.join(project, "types.mts"),
      `import { type BuildEvent, defineBuilder, ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { assemble } from "@imagespec/builder-assemble";
const spec: ImageSpec = new ImageSpec({ name: "a/b", packages: ["six"] }).withEnv({ A: "1" });
const engine = new ImageBuildEngine({ builders: [assemble()] });
export const build = (onEvent: (event: BuildEvent) => void) => engine.build(spec, { onEvent });
export { defineBuilder };
`,
    );
    await run(
      bin("tsc"),
      [
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--skipLibCheck",
        "false",
        "--types",
        "node",
        "--typeRoots",
        path.join(process.cwd(), "node_modules", "@types"),
        "types.mts",
      ],
      { cwd: project, quiet: true },
    );
  });
  const { bytes, packages } = await sizeOf(path.join(project, "node_modules"));
  say(`installed: ${packages} packages, ${(bytes / 1e6).toFixed(1)} MB`);
  await readFile(path.join(project, "package-lock.json"));
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
