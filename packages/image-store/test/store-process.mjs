// node store-process.mjs <command> …: uses the built package in a process of its own.
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { descriptorOf, digestOf, encodeConfig, encodeManifest, mediaTypes } from "@imagespec/oci";
import { openKeyIndex, openLocalImageStore, openOciLayout, withFileLock } from "../dist/index.js";

const [command, ...args] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${line}\n`);

/** A killed process answers to signals until its parent has taken note of its death. */
async function isAlive(pid) {
  try {
    process.kill(pid, 0);
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return !/^ [ZX] /.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    return false;
  }
}

/** Holds a lock until it is killed. */
async function hold(file) {
  await withFileLock(file, async () => {
    print("held");
    await sleep(1 << 30);
  });
}

/** Adds 1 to a number in a file, again and again, in steps that lose counts without a lock. */
async function count(file, counter, times) {
  for (let n = 0; n < Number(times); n++) {
    await withFileLock(file, async () => {
      const value = Number(await readFile(counter, "utf8"));
      await sleep(Math.random() * 2);
      await writeFile(counter, String(value + 1));
    });
  }
}

/** Takes and frees a lock until it is killed, and tells when another live process was inside with it. */
async function contend(file, marker) {
  print("ready");
  for (;;) {
    await withFileLock(file, async () => {
      const other = Number(await readFile(marker, "utf8").catch(() => "0"));
      if (other !== 0 && (await isAlive(other))) print(`violation by ${other}`);
      await writeFile(marker, String(process.pid));
      await sleep(Math.random() * 3);
      if (Number(await readFile(marker, "utf8")) !== process.pid) print("violation");
      await rm(marker);
      print("held");
    });
  }
}

function image(seed) {
  const layer = Buffer.concat([Buffer.alloc(512 * 400, seed), randomBytes(512 * 200)]);
  const config = encodeConfig({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
  });
  const layers = [descriptorOf(layer, mediaTypes.ociLayer)];
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers,
  });
  return {
    blobs: [
      [layers[0], layer],
      [config.descriptor, config.bytes],
    ],
    manifest,
  };
}

async function* inPieces(bytes) {
  for (let at = 0; at < bytes.length; at += 20_000) {
    yield bytes.subarray(at, at + 20_000);
    await sleep(0);
  }
}

async function put(layout, seed, tag) {
  const { blobs, manifest } = image(seed);
  for (const [descriptor, bytes] of blobs) await layout.writeBlob(descriptor, () => inPieces(bytes));
  await layout.writeManifest(manifest.bytes, mediaTypes.ociManifest, { tag });
  return manifest.descriptor.digest;
}

/** Writes image after image, and facts about them, into a local store until it is killed; prints what is finished. */
async function store(root, name) {
  const layout = await openLocalImageStore(root);
  const index = await openKeyIndex(`${root}/facts`, { parse: (value) => value });
  for (let n = 0; ; n++) {
    const tag = `acme/${name}:${n % 5}`;
    const digest = await put(layout, `${name}-${n}`, tag);
    await index.set(tag, { digest, n });
    print(`${tag} ${digest}`);
    if (n % 4 === 3) await layout.collectGarbage({ unusedForMs: 60_000 });
  }
}

/** Writes images with names into a layout. */
async function layout(root, name, times) {
  const target = await openOciLayout(root, { create: true });
  for (let n = 0; n < Number(times); n++) await put(target, `${name}-${n}`, `${name}-${n}`);
  await target.close();
}

await { hold, count, contend, store, layout }[command](...args);
