import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ImageBuildEngine, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { openLocalImageStore, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import { digestOf, mediaTypes, parseDigest, parseImageConfig, parseImageManifest } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { temporaryFolder, validateImage } from "@imagespec/test-support";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assemble } from "../src/index.ts";

// Each run is a whole build.
const numRuns = Math.ceil(Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 100) / 5);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Awaited<ReturnType<typeof openLocalImageStore>>;
let engine: ImageBuildEngine;
/** What the registry answers: by path below `/v2/base/`. */
const answers = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();
const server = createServer((request, response) => {
  const answer = answers.get((request.url ?? "").replace("/v2/base/", ""));
  if (answer === undefined) return response.writeHead(request.url === "/v2/" ? 200 : 404).end();
  response.writeHead(200, { "content-type": answer.type, "content-length": answer.bytes.length });
  return response.end(request.method === "HEAD" ? undefined : answer.bytes);
});

beforeAll(async () => {
  folder = await temporaryFolder();
  const cacheFolder = join(folder.path, "cache");
  store = await openLocalImageStore(cacheFolder);
  const registryClient = new RegistryClient({
    retry: { attempts: 1 },
    credentials: async () => ({ kind: "anonymous" }),
  });
  engine = new ImageBuildEngine({ builders: [assemble()], store, cacheFolder, registryClient });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await engine.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await folder[Symbol.asyncDispose]();
});

let count = 0;

/** The config of the image of a spec; nothing when it was refused in a way that a person can read. */
async function build(input: ImageSpecInput): Promise<ReturnType<typeof parseImageConfig> | undefined> {
  let digest: string | undefined;
  try {
    const spec = new ImageSpec({ name: `acme/image-${count++}`, ...input });
    ({ digest } = await engine.build(spec, { root: folder.path }));
  } catch (error) {
    if (!isImageSpecError(error) || error.code === "INTERNAL") throw error;
    expect(error.message).not.toBe("");
    return undefined;
  }
  const reference = { digest: parseDigest(digest ?? "") };
  // That a base's config tells lies of its own layer is seen by whoever unpacks it: that layer is taken over as it is.
  const findings = await validateImage(store, reference);
  expect(findings.filter(({ rule, at }) => rule !== "diff-id" || at !== "layers[0]")).toEqual([]);
  const { config } = parseImageManifest((await store.readManifest(reference))?.bytes ?? "");
  return parseImageConfig(await store.content.read(config.digest));
}

function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const pieces = Object.entries(files).flatMap(([path, content]) => {
    const size = Buffer.byteLength(content);
    return [
      tarHeader({ path, type: "file", mode: 0o755, uid: 0, gid: 0, mtime: 0, size }),
      Buffer.from(content),
      tarPadding(size),
    ];
  });
  return Buffer.concat([...pieces, tarTrailer]);
}

interface Change {
  readonly document: "index" | "manifest" | "config";
  readonly at: number;
  readonly value: unknown;
}
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1,
    2 ** 53,
    "",
    "../../x",
    "linux",
    "windows",
    "app:x",
    "\0",
    "PATH",
    "PATH=../..::/x",
    "=x",
    "A=\n",
    ["PATH=/usr/bin", "PATH=/x", "=", "é=é"],
    ["RUN x"],
    "__proto__",
    `sha256:${"0".repeat(64)}`,
    "sha512:1",
    mediaTypes.ociIndex,
    mediaTypes.dockerForeignLayer,
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/octet-stream",
    {},
    [],
  ),
  fc.jsonValue({ maxDepth: 1 }),
);
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    document: fc.constantFrom<Change["document"]>("index", "manifest", "config"),
    at: fc.nat(60),
    value: odd,
  }),
  { maxLength: 3 },
);

/** Replaces members of a document by others. */
function altered(name: Change["document"], document: unknown, all: readonly Change[]): Buffer {
  const copy: unknown = JSON.parse(JSON.stringify(document));
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [member, below] of Object.entries(node)) {
      // What has members can be written to by their names.
      places.push([node as Record<string, unknown>, member]);
      visit(below);
    }
  };
  visit(copy);
  for (const { at, value } of all.filter((change) => change.document === name)) {
    const [parent, member] = places[at % places.length] ?? [{}, ""];
    parent[member] = structuredClone(value);
  }
  return Buffer.from(JSON.stringify(copy));
}

test("any base of any registry is refused in a way that a person can read, or carries a sound image", async () => {
  let built = 0;
  const flips = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 1 });
  await fc.assert(
    fc.asyncProperty(changes, flips, async (all, bytes) => {
      answers.clear();
      const put = (path: string, content: Uint8Array, type: string): void => {
        answers.set(path, { bytes: content, type });
      };
      const describe = (content: Uint8Array, mediaType: string) => {
        const digest = digestOf(content);
        const manifest = /manifest|index/.test(mediaType);
        put(
          `${manifest ? "manifests" : "blobs"}/${digest}`,
          content,
          manifest ? mediaType : "application/octet-stream",
        );
        return { mediaType, digest, size: content.length };
      };
      const tar = tarOf({ "etc/passwd": "app:x:1000:1000::/:/bin/sh\n", "usr/bin/x": "x" });
      const layer = gzipSync(tar);
      // Damage that the digest agrees with: the base's maker made it so.
      for (const [at, value] of bytes) layer[at % layer.length] = value;
      const config = altered(
        "config",
        {
          architecture: "amd64",
          os: "linux",
          config: { User: "app", Env: ["PATH=/usr/bin"], Labels: { a: "b" }, Volumes: {}, Cmd: ["x"], OnBuild: null },
          rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
          history: [{ created_by: "x" }],
        },
        all,
      );
      const manifest = altered(
        "manifest",
        {
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          config: describe(config, mediaTypes.ociConfig),
          layers: [describe(layer, mediaTypes.ociLayerGzip)],
        },
        all,
      );
      const child = describe(manifest, mediaTypes.ociManifest);
      const index = altered(
        "index",
        {
          schemaVersion: 2,
          mediaType: mediaTypes.ociIndex,
          manifests: [{ ...child, platform: { os: "linux", architecture: "amd64" } }],
        },
        all,
      );
      put("manifests/1", index, mediaTypes.ociIndex);
      // A server without a socket of its own would have no address.
      const { port } = server.address() as AddressInfo;
      const image = await build({ baseImage: `127.0.0.1:${port}/base:1`, env: { A: "1" }, user: "1000" });
      if (image === undefined) return;
      built++;
      expect(image.config?.Env).toContain("A=1");
      expect(image.config?.User).toBe("1000");
    }),
    { numRuns, examples: [[[], []]] },
  );
  expect(built).toBeGreaterThan(0);
});

test("values of a spec arrive in the image to the letter", async () => {
  const text = fc.oneof(
    fc.constantFrom(
      "",
      " ",
      "\n",
      "\t",
      "$HOME",
      "$(id)",
      "`id`",
      "'",
      '"',
      "\\",
      "\\n",
      "a=b",
      "%",
      "{}",
      "[]",
      "#",
      "\u2028",
      "é",
      "😀",
      "\ufeff",
      "--flag",
      "null",
      "__proto__",
    ),
    fc.string({ unit: "grapheme", maxLength: 8 }),
  );
  const name = fc.oneof(
    fc.stringMatching(/^[A-Z][A-Z0-9_]{0,5}$/),
    fc.constantFrom("__proto__", "a.b", "a-b", "é", "a b"),
  );
  const values = {
    env: fc.dictionary(name, text),
    labels: fc.dictionary(name, text),
    entrypoint: fc.array(text),
    cmd: fc.array(text),
  };
  let built = 0;
  await fc.assert(
    fc.asyncProperty(fc.record(values), async ({ env, labels, entrypoint, cmd }) => {
      const image = await build({ baseImage: "scratch", env, labels, entrypoint, cmd });
      if (image === undefined) return;
      built++;
      const found = image.config ?? {};
      for (const [key, value] of Object.entries(env)) expect(found.Env).toContain(`${key}=${value}`);
      for (const [key, value] of Object.entries(labels))
        expect(Object.entries(found.Labels ?? {})).toContainEqual([key, value]);
      expect([found.Entrypoint ?? [], found.Cmd ?? []]).toEqual([entrypoint, cmd]);
    }),
    { numRuns },
  );
  expect(built).toBeGreaterThan(0);
});
