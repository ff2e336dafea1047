import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { say } from "./command.mjs";
import { ensureDaemon, runningDaemon } from "./daemon.mjs";
import { answers, ask } from "./http.mjs";

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Debian's docker-registry on loopback. Keeps the port of earlier runs where it is still free. */
export async function ensureRegistry(folder, state, wantedPort) {
  const root = path.join(folder.root, "registry");
  const running = runningDaemon(folder, "registry") !== undefined;
  const port = wantedPort ?? state.registryPort;
  const usable = port !== undefined && ((running && state.registryPort === port) || (await isFree(port)));
  if (wantedPort !== undefined && !usable) throw new Error(`port ${wantedPort} for the registry is taken`);
  state.registryPort = usable ? port : await freePort();

  const address = `127.0.0.1:${state.registryPort}`;
  const config = path.join(root, `config-${state.registryPort}.yml`);
  const started = await ensureDaemon(folder, {
    name: "registry",
    argv: ["/usr/bin/docker-registry", "serve", config],
    ready: () => answers({ host: "127.0.0.1", port: state.registryPort, path: "/v2/" }),
    beforeStart() {
      mkdirSync(root, { recursive: true });
      const yaml = [
        "version: 0.1",
        "log: {level: warn, accesslog: {disabled: true}}",
        `storage: {filesystem: {rootdirectory: ${path.join(root, "data")}}, delete: {enabled: true}}`,
        `http: {addr: "${address}", secret: imagespec-test-stack}`,
      ];
      writeFileSync(config, `${yaml.join("\n")}\n`);
    },
  });
  if (started) say(`registry on ${address}`);
  return address;
}

function listenOn(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port: got } = server.address();
      server.close(() => resolve(got));
    });
  });
}

async function isFree(port) {
  try {
    return (await listenOn(port)) === port;
  } catch (error) {
    if (error.code === "EADDRINUSE" || error.code === "EACCES") return false;
    throw error;
  }
}

const freePort = () => listenOn(0);

/** The digest that a tag of the registry has, or undefined. */
export async function taggedDigest(registry, repository, tag) {
  const url = new URL(`http://${registry}/v2/${repository}/manifests/${tag}`);
  const headers = { accept: manifestTypes };
  const { status, headers: got } = await ask({ ...at(url), method: "HEAD", headers });
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`the registry answered ${status} to ${url.pathname}`);
  return String(got["docker-content-digest"]);
}

/**
 * Pushes an image of one platform as an index with one manifest, the form that the hub's images have.
 *
 * @param {{ repository: string, tags: readonly string[], layers: readonly { file: string, digest: string, size: number }[],
 *   config: object }} image
 */
export async function pushImage(registry, { repository, tags, layers, config }) {
  for (const layer of layers) await pushBlob(registry, repository, layer.digest, () => readFileSync(layer.file));
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDigest = sha256(configBytes);
  await pushBlob(registry, repository, configDigest, () => configBytes);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: configDigest,
        size: configBytes.length,
      },
      layers: layers.map(({ digest, size }) => ({
        mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
        digest,
        size,
      })),
    }),
  );
  await pushManifest(registry, repository, sha256(manifest), "application/vnd.oci.image.manifest.v1+json", manifest);
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [
        {
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          digest: sha256(manifest),
          size: manifest.length,
          platform: { architecture: config.architecture, os: config.os },
        },
      ],
    }),
  );
  for (const tag of tags) {
    await pushManifest(registry, repository, tag, "application/vnd.oci.image.index.v1+json", index);
  }
}

async function pushBlob(registry, repository, digest, content) {
  const blob = new URL(`http://${registry}/v2/${repository}/blobs/${digest}`);
  if ((await ask({ ...at(blob), method: "HEAD" })).status === 200) return;
  const uploads = new URL(`http://${registry}/v2/${repository}/blobs/uploads/`);
  const opened = await ask({ ...at(uploads), method: "POST" });
  const location = new URL(String(opened.headers.location), uploads);
  location.searchParams.set("digest", digest);
  const body = content();
  const { status, body: answer } = await ask({
    ...at(location),
    method: "PUT",
    headers: { "content-type": "application/octet-stream", "content-length": body.length },
    body,
  });
  if (status !== 201) throw new Error(`the registry answered ${status} to the blob ${digest}: ${answer}`);
}

async function pushManifest(registry, repository, reference, type, bytes) {
  const url = new URL(`http://${registry}/v2/${repository}/manifests/${reference}`);
  const headers = { "content-type": type, "content-length": bytes.length };
  const { status, body } = await ask({ ...at(url), method: "PUT", headers, body: bytes });
  if (status !== 201) throw new Error(`the registry answered ${status} to ${url.pathname}: ${body}`);
}

function at(url) {
  return { host: url.hostname, port: Number(url.port), path: `${url.pathname}${url.search}` };
}

function sha256(bytes) {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
