import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import { descriptorOf, digestOf, encodeConfig, encodeManifest, mediaTypes } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";

type File = Pick<TarHeader, "path"> & Partial<TarHeader> & { readonly content?: string | Uint8Array };

/** Python 3.13 and glibc 2.41 that nobody can run. */
export const pretendedPython: readonly File[] = [
  { path: "usr/lib/x86_64-linux-gnu/libc.so.6", content: "GNU C Library (Debian) stable release version 2.41." },
  { path: "usr/local/bin/python3.13", mode: 0o755, content: "elf" },
  { path: "usr/local/bin/python3", type: "symlink", linkPath: "python3.13" },
  { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\n" },
  { path: "etc/group", content: "root:x:0:\n" },
];

/** The shell of this machine with the libraries that it needs; nothing where they are not at their usual places. */
export async function shellOfThisMachine(): Promise<readonly File[]> {
  const paths = ["/bin/sh", "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
  if (process.platform !== "linux" || !paths.every((path) => existsSync(path))) return [];
  const content = await Promise.all(paths.map((path) => readFile(path)));
  return paths.map((path, index) => ({ path: path.slice(1), mode: 0o755, content: content[index] ?? "" }));
}

/** Pushes an image of one layer. */
export async function pushBase(repository: Repository, tag: string, files: readonly File[]): Promise<void> {
  const tar = tarOf(files);
  const layer = gzipSync(tar);
  const config = encodeConfig({
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.13.7"] },
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  });
  const layers = [descriptorOf(layer, mediaTypes.ociLayerGzip)];
  const mediaType = mediaTypes.ociManifest;
  const manifest = encodeManifest({ schemaVersion: 2, mediaType, config: config.descriptor, layers });
  for (const bytes of [config.bytes, layer]) {
    await repository.writeBlob(descriptorOf(bytes, mediaTypes.ociLayerGzip), async function* () {
      yield bytes;
    });
  }
  await repository.writeManifest(manifest.bytes, mediaType, { tag });
}

function tarOf(files: readonly File[]): Buffer {
  const parts = files.flatMap(({ content = "", ...header }) => {
    const bytes = Buffer.from(content);
    const stated = { type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 0, ...header, size: bytes.length } as const;
    return [tarHeader(stated), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarTrailer]);
}
