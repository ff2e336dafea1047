// `node scripts/pack.mjs FOLDER`: the tarballs of all public packages, as they would be published.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { packAll } from "./check.mjs";
import { setUp } from "./setup.mjs";

const folder = path.resolve(process.argv[2] ?? "tarballs");
await setUp();
await mkdir(folder, { recursive: true });
for (const { tarball } of await packAll(folder)) console.log(tarball);
