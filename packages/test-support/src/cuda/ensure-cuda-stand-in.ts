import { createHash } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { ImageSpecError } from "@imagespec/errors";
import { run } from "../process/run.ts";
import { temporaryFolder } from "../process/temporary-folder.ts";

/** The label that tells a stand-in from NVIDIA's image. */
export const standInLabel: string = "dev.imagespec.test.stand-in";

/**
 * Puts an image in the place of NVIDIA's CUDA base image of this tag (`12.4.1-runtime-ubuntu22.04`,
 * `12.4.1-cudnn-runtime-ubuntu22.04`), if it is not there: Debian's base image with the environment, labels and folders by
 * which CUDA's is known, and none of its libraries.
 *
 * @param registry `host:port` of the stack's, which engines ask for images of the hub
 * @returns the reference that a Dockerfile or spec would name: `nvidia/cuda:12.4.1-runtime-ubuntu22.04`
 */
export async function ensureCudaStandIn(
  stack: { readonly registry: string },
  tag: string = "12.4.1-runtime-ubuntu22.04",
): Promise<string> {
  const match = /^(?<version>\d+\.\d+\.\d+)(?:-(?<cudnn>cudnn\d*))?-(?:base|runtime|devel)-ubuntu[\d.]+$/.exec(tag);
  const { version, cudnn } = match?.groups ?? {};
  if (version === undefined) {
    throw new TypeError(`"${tag}" is no tag of nvidia/cuda, as "12.4.1-cudnn-runtime-ubuntu22.04" is one`);
  }
  const repository = openRepository(`http://${stack.registry}/v2/nvidia/cuda`);
  if (await repository.has(`manifests/${tag}`)) return `nvidia/cuda:${tag}`;

  const base = openRepository(`http://${stack.registry}/v2/library/debian`);
  const index = await base.read<Index>("manifests/bookworm-slim");
  const manifest = await base.read<Manifest>(`manifests/${index.manifests[0]?.digest}`);
  const config = await base.read<Config>(`blobs/${manifest.config.digest}`);
  for (const { digest } of manifest.layers) await repository.mount(digest, "library/debian");

  const tar = await cudaFolders(version);
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", ...(await repository.push(gzipSync(tar))) };
  const document = withCuda(config, { version, cudnn: cudnn !== undefined, diffId: digestOf(tar) });
  const pushed = await repository.push(Buffer.from(JSON.stringify(document)));
  await repository.tag(tag, {
    ...manifest,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...pushed },
    layers: [...manifest.layers, layer],
  });
  return `nvidia/cuda:${tag}`;
}

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size: number;
}
interface Index {
  readonly manifests: readonly Descriptor[];
}
interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}
interface Config {
  readonly config: { readonly Env?: readonly string[] };
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  readonly history: readonly unknown[];
}

function withCuda(
  config: Config,
  cuda: { readonly version: string; readonly cudnn: boolean; readonly diffId: string },
): unknown {
  const [major = "", minor = ""] = cuda.version.split(".");
  const short = `${major}.${minor}`;
  const path = `/usr/local/cuda-${short}/bin`;
  return {
    ...config,
    config: {
      ...config.config,
      Env: [
        ...(config.config.Env ?? []).map((line) => line.replace(/^PATH=/, `PATH=/usr/local/nvidia/bin:${path}:`)),
        "NVARCH=x86_64",
        `NVIDIA_REQUIRE_CUDA=cuda>=${short}`,
        `NV_CUDA_CUDART_VERSION=${cuda.version}-1`,
        `CUDA_VERSION=${cuda.version}`,
        "LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
        "NVIDIA_VISIBLE_DEVICES=all",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        ...(cuda.cudnn ? [`NV_CUDNN_VERSION=9.1.0.70-1`, `NV_CUDNN_PACKAGE_NAME=libcudnn9-cuda-${major}`] : []),
      ],
      Labels: { maintainer: "imagespec tests", [standInLabel]: "nvidia/cuda" },
    },
    rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids, cuda.diffId] },
    history: [...config.history, { created: "2023-11-14T22:13:20Z", created_by: "stand-in of CUDA" }],
  };
}

/** `/usr/local/cuda` as the images have it: a link into a folder that says its version. */
async function cudaFolders(version: string): Promise<Buffer> {
  await using root = await temporaryFolder("imagespec-cuda-");
  const folder = `usr/local/cuda-${version.split(".").slice(0, 2).join(".")}`;
  await mkdir(root.join(folder), { recursive: true });
  await writeFile(root.join(folder, "version.json"), JSON.stringify({ cuda: { name: "CUDA SDK", version } }));
  await symlink(`/${folder}`, root.join("usr/local/cuda"));
  const owner = ["--numeric-owner", "--owner=0", "--group=0", "--mtime=@1700000000", "--mode=u=rwX,go=rX"];
  const members = [`${folder}/version.json`, "usr/local/cuda"];
  const file = root.join("layer.tar");
  await run(["tar", "--create", "--file", file, ...owner, "--directory", root.path, ...members]);
  return readFile(file);
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The few requests that are needed here, with no code of ours that the tests are about. */
function openRepository(url: string) {
  const accept = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/octet-stream",
  ].join(", ");
  const ask = async (method: string, target: string, accepted: readonly number[], init: RequestInit = {}) => {
    const response = await fetch(target, { method, ...init, headers: { accept, ...init.headers } });
    if (accepted.includes(response.status)) return response;
    throw new ImageSpecError(
      "PUSH_FAILED",
      `the stack's registry answered ${response.status} to ${method} "${target}"`,
    );
  };
  return {
    async has(path: string): Promise<boolean> {
      return (await ask("HEAD", `${url}/${path}`, [200, 404])).status === 200;
    },
    async read<Document>(path: string): Promise<Document> {
      // The stack pushed it, in this shape.
      return (await (await ask("GET", `${url}/${path}`, [200])).json()) as Document;
    },
    async mount(digest: string, from: string): Promise<void> {
      await ask("POST", `${url}/blobs/uploads/?mount=${digest}&from=${from}`, [201]);
    },
    async push(bytes: Uint8Array<ArrayBuffer>): Promise<Descriptor> {
      const digest = digestOf(bytes);
      const opened = await ask("POST", `${url}/blobs/uploads/`, [202]);
      const location = new URL(opened.headers.get("location") ?? "", url);
      location.searchParams.set("digest", digest);
      const headers = { "content-type": "application/octet-stream" };
      await ask("PUT", location.href, [201], { headers, body: bytes });
      return { digest, size: bytes.length };
    },
    async tag(tag: string, manifest: Manifest): Promise<void> {
      const headers = { "content-type": manifest.mediaType };
      await ask("PUT", `${url}/manifests/${tag}`, [201], { headers, body: JSON.stringify(manifest) });
    },
  };
}
