// `npm run bench -- NAME [--cases a,b]`: runs bench/NAME.mjs; its last line is JSON, as bench/README.md describes.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { root } from "./run.mjs";
import { setUp } from "./setup.mjs";

const folder = path.join(root, "bench");
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".mjs") && !file.startsWith("_"))
  .map((file) => file.slice(0, -4));
if (name === undefined || !existsSync(path.join(folder, `${name}.mjs`))) {
  console.error(
    `${name === undefined ? "name a benchmark" : `no benchmark "${name}"`}: npm run bench -- NAME, with one of ${names.join(", ")}`,
  );
  process.exit(2);
}
await setUp();
process.argv.splice(2, process.argv.length, ...args);
await import(path.join(folder, `${name}.mjs`));
