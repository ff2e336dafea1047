// `npm create imagespec-builder` as an author does it, up to a plugin that a project has installed.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../run.mjs";
import { npm } from "./local-registry.mjs";

/** Makes a plugin repository from the published package, and does everything there that its author would do. */
export async function checkScaffold(folder, { env }) {
  const place = path.join(folder, "authors");
  await mkdir(place, { recursive: true });
  const inPlugin = (args) => run(npm, args, { cwd: plugin, env, quiet: true });
  await run(npm, ["create", "--yes", "imagespec-builder", "slurm", "--", "--yes"], { cwd: place, env, quiet: true });
  const plugin = path.join(place, "imagespec-builder-slurm");
  await inPlugin(["install", "--no-audit", "--no-fund"]);
  await inPlugin(["run", "check"]);
  await inPlugin(["test"]);
  await inPlugin(["pack"]);

  const tarball = (await readdir(plugin)).find((name) => name.endsWith(".tgz"));
  const user = path.join(place, "user");
  await mkdir(user);
  await writeFile(path.join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  await run(
    npm,
    ["install", "--no-audit", "--no-fund", "--save-dev", "imagespec", "@imagespec/core", path.join(plugin, tarball)],
    { cwd: user, env, quiet: true },
  );
  const command = path.join(user, "node_modules", ".bin", "imagespec");
  const { stdout } = await run(command, ["builders", "--json"], { cwd: user, capture: true });
  if (!stdout.includes('"slurm"')) throw new Error(`the command does not find the new builder: ${stdout}`);
}
