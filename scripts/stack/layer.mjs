import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { writeAtomically } from "./folder.mjs";

/** All files of the test base images carry this time, so that equal content gives equal layers. */
export const epoch = 1_700_000_000;

function layerFiles(folder, name) {
  const file = path.join(folder.cache, "layers", `${name}.tar.gz`);
  return { file, facts: file.replace(/\.tar\.gz$/, ".json") };
}

/** A layer packed by an earlier run, or undefined. */
export function cachedLayer(folder, name) {
  const { file, facts } = layerFiles(folder, name);
  if (!existsSync(facts) || !existsSync(file)) return undefined;
  return { file, ...JSON.parse(readFileSync(facts, "utf8")) };
}

/**
 * Packs a folder's content as a layer into the cache.
 *
 * @param {readonly string[]} [exclude] patterns of GNU tar, anchored at the folder
 * @returns {Promise<{ file: string, digest: string, size: number, diffId: string }>}
 */
export async function packLayer(folder, name, source, exclude = []) {
  const { file, facts } = layerFiles(folder, name);
  const partial = `${file}.${process.pid}.partial`;
  const tar = spawn(
    "tar",
    [
      ...["--create", "--format=gnu", "--numeric-owner", "--sort=name"],
      ...[`--mtime=@${epoch}`, "--anchored", ...exclude.map((pattern) => `--exclude=${pattern}`)],
      ...["--directory", source, "--", ...readdirSync(source).sort()],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = new Promise((resolve, reject) => tar.once("close", resolve).once("error", reject));
  const diff = createHash("sha256");
  const blob = createHash("sha256");
  let size = 0;
  await pipeline(
    tar.stdout,
    async function* (chunks) {
      for await (const chunk of chunks) {
        diff.update(chunk);
        yield chunk;
      }
    },
    createGzip({ level: 2 }),
    async function* (chunks) {
      for await (const chunk of chunks) {
        blob.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(partial),
  );
  const code = await ended;
  if (code !== 0) throw new Error(`tar of the layer "${name}" ended with ${code}`);
  renameSync(partial, file);
  const layer = { digest: `sha256:${blob.digest("hex")}`, size, diffId: `sha256:${diff.digest("hex")}` };
  writeAtomically(facts, JSON.stringify(layer));
  return { file, ...layer };
}
