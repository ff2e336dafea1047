// A project whose image is in the local store already; made with servers of this process, so that no network is needed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

const load = (name, file = "index") => import(`../packages/${name}/dist/${file}.js`);

/**
 * Builds the image once. `command` is the file that Node.js runs.
 *
 * @returns the folder of the project, what to add to the environment for `imagespec build` in it, and how to remove both
 */
export async function prepareUnchanged(command) {
  const { makeWheel, serveIndex } = await load("test-support", "wheels");
  const { startRegistryServer } = await load("registry-server");
  const folder = await mkdtemp(path.join(tmpdir(), "imagespec-bench-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const root = path.join(folder, "project");
  const wheels = [
    makeWheel({ name: "alpha", version: "1.0", files: { "alpha/text.txt": "a\n".repeat(1000) } }),
    makeWheel({ name: "beta", version: "2.0", entryPoints: "[console_scripts]\nbeta = beta:main\n" }),
  ];
  const index = await serveIndex(wheels);
  const registry = await startRegistryServer({});
  try {
    await pushBase(registry.address);
    await writeProject(root, `${registry.address}/base:1`);
    const environment = {
      HOME: folder,
      IMAGESPEC_CACHE_DIR: path.join(folder, "cache"),
      IMAGESPEC_UV: await writeUv(folder, wheels, new URL(index.url).origin),
    };
    await build(command, { cwd: root, env: { ...process.env, ...environment } });
    return { root, environment, remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await Promise.all([index.close(), registry.close()]);
  }
}

async function writeProject(root, baseImage) {
  const source = path.join(root, "src", "train");
  await mkdir(source, { recursive: true });
  await writeFile(path.join(source, "__init__.py"), "");
  for (let step = 0; step < 20; step++)
    await writeFile(path.join(source, `step_${step}.py`), "score = 1\n".repeat(100));
  await writeFile(
    path.join(root, "image.yaml"),
    `name: acme/train
pythonVersion: "3.12"
baseImage: ${baseImage}
packages: [alpha==1.0, beta==2.0]
env: { OMP_NUM_THREADS: "2" }
sourceRoot: src
entrypoint: ["python", "-m", "train"]
`,
  );
}

async function build(command, options) {
  // Not spawnSync: the servers are in this process.
  const child = spawn(process.execPath, [command, "build"], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`the image could not be prepared: ${errors}`);
}

/** A program that answers like uv and resolves to the wheels. */
async function writeUv(folder, wheels, origin) {
  const packages = wheels.map(({ filename, bytes, sha256 }) => {
    const [name, version] = filename.split("-");
    const wheel = `{ name = "${filename}", url = "${origin}/files/${filename}", size = ${bytes.length}, hashes = { sha256 = "${sha256}" } }`;
    return `[[packages]]\nname = "${name}"\nversion = "${version}"\nwheels = [${wheel}]\n`;
  });
  const answer = path.join(folder, "answer.toml");
  await writeFile(answer, `lock-version = "1.0"\ncreated-by = "bench"\n${packages.join("")}`);
  const uv = path.join(folder, "uv");
  await writeFile(
    uv,
    `#!/bin/sh\nif [ "$1" = --version ]; then echo "uv 0.13.9"; exit; fi\nwhile [ $# -gt 1 ]; do shift; done\ncat '${answer}' > "$1"\n`,
  );
  await chmod(uv, 0o755);
  return uv;
}

/** A base with what the assembler looks for: a Python and a C library, both empty. */
async function pushBase(registry) {
  const { tarHeader, tarPadding, tarTrailer } = await load("image-store");
  const { descriptorOf, digestOf, encodeConfig, encodeManifest, mediaTypes } = await load("oci");
  const { RegistryClient } = await load("registry-client");
  const entry = (header, content = "") => {
    const size = content.length;
    const full = { type: "file", mode: 0o755, uid: 0, gid: 0, mtime: 0, ...header, size };
    return [tarHeader(full), Buffer.from(content), tarPadding(size)];
  };
  const tar = Buffer.concat([
    ...entry({ path: "usr/", type: "directory" }),
    ...entry({ path: "usr/lib/x86_64-linux-gnu/libc.so.6" }, "GNU C Library (Debian) stable release version 2.36."),
    ...entry({ path: "usr/local/bin/python3.12" }, "elf"),
    ...entry({ path: "usr/local/bin/python3", type: "symlink", linkPath: "python3.12" }),
    ...entry({ path: "etc/passwd" }, "root:x:0:0:root:/root:/bin/bash\n"),
    ...entry({ path: "etc/group" }, "root:x:0:\n"),
    tarTrailer,
  ]);
  const layer = gzipSync(tar);
  const config = encodeConfig({
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/usr/local/bin:/usr/bin", "PYTHON_VERSION=3.12.4"] },
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  });
  const layers = [descriptorOf(layer, mediaTypes.ociLayerGzip)];
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers,
  });
  const client = new RegistryClient({ proxy: {} });
  try {
    const repository = client.repository({ registry, repository: "base" });
    for (const [descriptor, bytes] of [
      [config.descriptor, config.bytes],
      [layers[0], layer],
    ]) {
      await repository.writeBlob(descriptor, async function* () {
        yield bytes;
      });
    }
    await repository.writeManifest(manifest.bytes, mediaTypes.ociManifest, { tag: "1" });
  } finally {
    await client.close();
  }
}
