import { type ContainerConfig, encodeConfig, encodeManifest, type ImageSink, mediaTypes } from "@imagespec/oci";
import type { LayerEntry } from "../../layer/layer-entry.ts";
import { once, writeLayer } from "../../layer/write-layer.ts";

/** What the config of the made base holds, for images to inherit. */
const madeConfig: ContainerConfig = {
  Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.12.4", "CONF_INHERITED=from the base"],
  Entrypoint: ["/usr/local/bin/python3"],
  Cmd: ["-m", "conf_base"],
  Labels: { "dev.example.base": "made" },
};

function entries(library: string): readonly LayerEntry[] {
  const folders = ["etc", "usr", "usr/bin", "usr/lib", `usr/lib/${library}`, "usr/local", "usr/local/bin", "tmp"];
  const file = (path: string, content: string, mode = 0o644): LayerEntry => ({ type: "file", path, mode, content });
  const link = (path: string, target: string): LayerEntry => ({ type: "symlink", path, mode: 0o777, target });
  return [
    ...folders.map((path): LayerEntry => ({ type: "directory", path, mode: path === "tmp" ? 0o1777 : 0o755 })),
    link("bin", "usr/bin"),
    link("lib", "usr/lib"),
    // What readers of the C library's version look for.
    file(`usr/lib/${library}/libc.so.6`, "GNU C Library (made) stable release version 2.36.", 0o755),
    file("usr/local/bin/python3.12", "made: not a program", 0o755),
    link("usr/local/bin/python3", "python3.12"),
    link("usr/local/bin/python", "python3"),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/sh\n"),
    file("etc/group", "root:x:0:\ndaemon:x:1:\n"),
    file("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'),
  ];
}

/** Writes a base that looks like an official Python image of two platforms, and in which nothing can be executed. */
export async function writeMadeBase(sink: ImageSink, tag: string): Promise<void> {
  const platforms = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64" },
  ];
  const manifests = [];
  for (const platform of platforms) {
    const library = platform.architecture === "amd64" ? "x86_64-linux-gnu" : "aarch64-linux-gnu";
    const layer = await writeLayer(sink, entries(library));
    const config = encodeConfig({
      ...platform,
      created: "1970-01-01T00:00:00Z",
      config: madeConfig,
      rootfs: { type: "layers", diff_ids: [layer.diffId] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "made" }],
    });
    await sink.writeBlob(config.descriptor, () => once(config.bytes));
    const manifest = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers: [layer.descriptor],
    });
    const written = await sink.writeManifest(manifest.bytes, mediaTypes.ociManifest);
    manifests.push({ ...written, platform });
  }
  const index = encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  await sink.writeManifest(index.bytes, mediaTypes.ociIndex, { tag });
}
