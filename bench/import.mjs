// What importing each plugin costs on top of core, in a process of its own: `npm run bench -- import`. No SDK may be loaded by it.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.join(import.meta.dirname, "..");
const rounds = 11;

const core = entryOf(path.join(root, "packages", "core"));
const plugins = readdirSync(path.join(root, "plugins"))
  .map((name) => path.join(root, "plugins", name))
  .filter((folder) => existsSync(path.join(folder, "package.json")));

/** The built entry of a package: what users import. */
function entryOf(folder) {
  const { name, exports } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const { default: target } = exports["."];
  return { name, url: pathToFileURL(path.join(folder, target)).href };
}

/** Milliseconds of processor time, which a busy machine does not change much: of the import behind that of core, and of calling its factory without options. */
function measure({ url }) {
  const program = `
    await import(${JSON.stringify(core.url)});
    const start = process.cpuUsage();
    const plugin = await import(${JSON.stringify(url)});
    const imported = process.cpuUsage(start);
    for (const create of Object.values(plugin)) if (typeof create === "function") create();
    const made = process.cpuUsage(start);
    const ms = ({ user, system }) => (user + system) / 1000;
    console.log(JSON.stringify({ import: ms(imported), create: ms(made) - ms(imported) }));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const limitMs = 30;
const cases = plugins.map((folder) => {
  const entry = entryOf(folder);
  const measured = Array.from({ length: rounds }, () => measure(entry));
  const ours = Number(median(measured.map((one) => one.import)).toFixed(1));
  const create = Number(median(measured.map((one) => one.create)).toFixed(1));
  console.log(`${entry.name.padEnd(40)} import ${ours} ms, factory ${create} ms`);
  return { case: entry.name, ours, create, unit: "ms", limit: limitMs, ok: ours < limitMs };
});
console.log(JSON.stringify({ bench: "import", cases }));
