import { createHash } from "node:crypto";

/** A manifest as the registry has it. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly text: string;
}

/** What a test-bed asks the registry itself, past the front. */
export interface RegistryReader {
  /** By tag or digest; nothing when it is not there. */
  manifest(repository: string, reference: string): Promise<StoredManifest | undefined>;
  tags(repository: string): Promise<readonly string[]>;
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Nothing when it was taken, else what the registry said. */
  putManifest(repository: string, reference: string, mediaType: string, text: string): Promise<string | undefined>;
  deleteManifest(repository: string, digest: string): Promise<void>;
}

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export function createRegistryReader(url: string): RegistryReader {
  const ask = (path: string, init?: RequestInit) => fetch(`${url}/v2/${path}`, init);
  return {
    async manifest(repository, reference) {
      const response = await ask(`${repository}/manifests/${reference}`, { headers: { accept: manifestTypes } });
      const text = await response.text();
      if (!response.ok) return undefined;
      return { text, digest: digestOf(text), mediaType: response.headers.get("content-type") ?? "" };
    },
    async tags(repository) {
      const response = await ask(`${repository}/tags/list`);
      // The distribution specification gives this shape; a repository that nothing was pushed to is 404.
      const answer = (await response.json()) as { readonly tags?: readonly string[] | null };
      return response.ok ? (answer.tags ?? []) : [];
    },
    async hasBlob(repository, digest) {
      return (await ask(`${repository}/blobs/${digest}`, { method: "HEAD" })).ok;
    },
    async putManifest(repository, reference, mediaType, text) {
      const headers = { "content-type": mediaType };
      const response = await ask(`${repository}/manifests/${reference}`, { method: "PUT", headers, body: text });
      const answer = await response.text();
      return response.ok ? undefined : answer;
    },
    async deleteManifest(repository, digest) {
      await (await ask(`${repository}/manifests/${digest}`, { method: "DELETE" })).text();
    },
  };
}

/** `sha256:…` of a manifest's bytes. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
