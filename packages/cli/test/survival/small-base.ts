import { createCipheriv } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import { descriptorOf, digestOf, encodeConfig, encodeManifest, mediaTypes } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";

/** Bytes that do not compress, the same for the same length and seed. */
export function noise(length: number, seed: number): Buffer {
  const key = Buffer.alloc(16, seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

type File = Pick<TarHeader, "path"> & Partial<TarHeader> & { readonly content?: string | Uint8Array };

function tar(files: readonly File[]): Buffer {
  const parts = files.flatMap(({ content = "", ...header }) => {
    const bytes = Buffer.from(content);
    const type = header.type ?? "file";
    const mode = type === "file" ? 0o644 : 0o755;
    const size = bytes.length;
    return [tarHeader({ mode, uid: 0, gid: 0, mtime: 0, ...header, type, size }), bytes, tarPadding(size)];
  });
  return Buffer.concat([...parts, tarTrailer]);
}

/** A base as the assembler sees one: Python 3.12 and glibc 2.36 that nobody can run. */
const system: readonly File[] = [
  { path: "usr/", type: "directory" },
  { path: "usr/lib/x86_64-linux-gnu/libc.so.6", content: "GNU C Library (Debian) stable release version 2.36." },
  { path: "usr/local/bin/python3.12", mode: 0o755, content: "elf" },
  { path: "usr/local/bin/python3", type: "symlink", linkPath: "python3.12" },
  { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/bash\n" },
  { path: "etc/group", content: "root:x:0:\n" },
];

/** Pushes the base under a tag. */
export async function pushSmallBase(repository: Repository, tag: string): Promise<void> {
  const tars = [tar(system), tar([{ path: "usr/share/noise", content: noise(600_000, 1) }])];
  const blobs = tars.map((bytes) => gzipSync(bytes));
  const config = encodeConfig({
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/usr/local/bin:/usr/bin", "PYTHON_VERSION=3.12.4"] },
    rootfs: { type: "layers", diff_ids: tars.map((bytes) => digestOf(bytes)) },
  });
  const layers = blobs.map((bytes) => descriptorOf(bytes, mediaTypes.ociLayerGzip));
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers,
  });
  const contents = [config.bytes, ...blobs];
  for (const [index, descriptor] of [config.descriptor, ...layers].entries()) {
    await repository.writeBlob(descriptor, async function* () {
      yield contents[index] ?? new Uint8Array();
    });
  }
  await repository.writeManifest(manifest.bytes, mediaTypes.ociManifest, { tag });
}
