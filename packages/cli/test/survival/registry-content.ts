import { readFile } from "node:fs/promises";
import { RegistryClient } from "@imagespec/registry-client";
import { collectGarbage, startRegistryServer } from "@imagespec/registry-server";
import { glob } from "./walk.ts";

const recordType = "application/vnd.imagespec.record.v1+json";

/** What is in the folder of a registry once garbage is collected. */
export interface RegistryContent {
  readonly tags: Readonly<Record<string, string>>;
  /** Digests of what the images consist of; the records about them, which hold times, are left out. */
  readonly content: readonly string[];
  /** Unfinished uploads and other files that belong to nothing. */
  readonly leftovers: readonly string[];
}

/** Collects the garbage of a registry folder, without grace, and reads what remains. */
export async function registryContent(root: string, repository = "acme/train"): Promise<RegistryContent> {
  await collectGarbage(root, { blobGraceSeconds: -1, uploadGraceSeconds: -1 });
  await using server = await startRegistryServer({ root });
  await using client = new RegistryClient({ proxy: {} });
  const remote = client.repository({ registry: server.address, repository });
  const tags: Record<string, string> = {};
  const isThere = (await glob(`${root}/repositories/${repository}/_tags`)).length > 0;
  for (const tag of isThere ? await remote.tags() : [])
    tags[tag] = String((await remote.headManifest({ tag }))?.digest);
  const content = new Set<string>();
  const ofRecords = new Set<string>();
  for (const file of await glob(root)) {
    const hex = /^blobs\/sha256\/..\/([0-9a-f]{64})$/.exec(file)?.[1];
    if (hex === undefined) continue;
    content.add(hex);
    const text = await readFile(`${root}/${file}`, "utf8");
    if (!text.includes(recordType) || !text.startsWith("{")) continue;
    const manifest = JSON.parse(text);
    if (manifest.artifactType !== recordType) continue;
    ofRecords.add(hex);
    for (const { digest } of [manifest.config, ...manifest.layers]) ofRecords.add(digest.slice("sha256:".length));
  }
  const leftovers = (await glob(root)).filter((file) => !/^(?:blobs|repositories)\//.test(file));
  return { tags, content: [...content].filter((hex) => !ofRecords.has(hex)).sort(), leftovers };
}
