// One process that builds one spec: for the test of the lock between processes. Needs the built package.
import { decline, defineBuilder, ImageBuildEngine, ImageSpec } from "@imagespec/core";
import { digestOf, encodeConfig, encodeManifest, mediaTypes } from "@imagespec/oci";

const [cacheFolder, registry, ms] = process.argv.slice(2);
const slow = defineBuilder(() => ({
  name: "slow",
  capabilities: ["base-image", "output-registry"],
  shouldBuild: (spec) => spec.platforms.length === 1 || decline("platform", "one at a time"),
  async build(spec, { sink, labels, emit }) {
    emit({ type: "step", id: "work", name: "work", state: "running" });
    await new Promise((resolve) => setTimeout(resolve, Number(ms)));
    const [os, architecture] = spec.platforms[0].split("/");
    const config = encodeConfig({
      os,
      architecture,
      config: { Labels: labels },
      rootfs: { type: "layers", diff_ids: [] },
    });
    await sink.writeBlob(config.descriptor, async function* () {
      yield config.bytes;
    });
    const { bytes } = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers: [],
    });
    await sink.writeManifest(bytes, mediaTypes.ociManifest);
    return {
      digest: digestOf(bytes),
      mediaType: mediaTypes.ociManifest,
      size: bytes.length,
      platforms: spec.platforms,
      timings: {},
      bytes: { downloaded: 0, uploaded: 0 },
    };
  },
}));

const engine = new ImageBuildEngine({ builders: [slow()], cacheFolder });
const events = [];
const spec = new ImageSpec({ name: "acme/train" });
const { action, digest } = await engine.build(spec, { registry, onEvent: (event) => events.push(event) });
const hasWaited = events.some((event) => event.type === "step" && event.id === "wait");
await engine.close();
process.stdout.write(JSON.stringify({ action, digest, hasWaited }));
