import { gzipSync } from "node:zlib";
import { type TarHeader, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import {
  type ContainerConfig,
  descriptorOf,
  digestOf,
  encodeConfig,
  encodeManifest,
  type ImageSink,
  mediaTypes,
} from "@imagespec/oci";

/** What the config of the made base holds, for images to inherit. */
const madeConfig: ContainerConfig = {
  Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.12.4", "CONF_INHERITED=from the base"],
  Entrypoint: ["/usr/local/bin/python3"],
  Cmd: ["-m", "conf_base"],
  Labels: { "dev.example.base": "made" },
};

type File = Pick<TarHeader, "path"> & { readonly content?: string; readonly mode?: number; readonly link?: string };

function files(library: string): readonly File[] {
  const folders = ["etc", "usr", "usr/bin", "usr/lib", `usr/lib/${library}`, "usr/local", "usr/local/bin", "tmp"];
  return [
    ...folders.map((path) => ({ path: `${path}/`, mode: path === "tmp" ? 0o1777 : 0o755 })),
    { path: "bin", link: "usr/bin" },
    { path: "lib", link: "usr/lib" },
    // What readers of the C library's version look for.
    { path: `usr/lib/${library}/libc.so.6`, content: "GNU C Library (made) stable release version 2.36.", mode: 0o755 },
    { path: "usr/local/bin/python3.12", content: "made: not a program", mode: 0o755 },
    { path: "usr/local/bin/python3", link: "python3.12" },
    { path: "usr/local/bin/python", link: "python3" },
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\ndaemon:x:1:\n" },
    { path: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
  ];
}

function tarOf(entries: readonly File[]): Buffer {
  const pieces = entries.flatMap(({ path, content = "", mode = 0o644, link }) => {
    const type = link !== undefined ? "symlink" : path.endsWith("/") ? "directory" : "file";
    const bytes = Buffer.from(content);
    const header: TarHeader = { path, type, mode, uid: 0, gid: 0, mtime: 0, size: bytes.length };
    return [tarHeader(link === undefined ? header : { ...header, linkPath: link }), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...pieces, tarTrailer]);
}

/** Writes a base that looks like an official Python image of two platforms, and in which nothing can be executed. */
export async function writeMadeBase(sink: ImageSink, tag: string): Promise<void> {
  const platforms = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64" },
  ];
  const manifests = [];
  for (const platform of platforms) {
    const tar = tarOf(files(platform.architecture === "amd64" ? "x86_64-linux-gnu" : "aarch64-linux-gnu"));
    const layerBytes = gzipSync(tar);
    const layer = descriptorOf(layerBytes, mediaTypes.ociLayerGzip);
    const config = encodeConfig({
      ...platform,
      created: "1970-01-01T00:00:00Z",
      config: madeConfig,
      rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "made" }],
    });
    await sink.writeBlob(layer, () => once(layerBytes));
    await sink.writeBlob(config.descriptor, () => once(config.bytes));
    const manifest = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers: [layer],
    });
    const written = await sink.writeManifest(manifest.bytes, mediaTypes.ociManifest);
    manifests.push({ ...written, platform });
  }
  const index = encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  await sink.writeManifest(index.bytes, mediaTypes.ociIndex, { tag });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
