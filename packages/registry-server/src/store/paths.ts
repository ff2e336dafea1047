import { createHash } from "node:crypto";
import { type Digest, digestAlgorithm, digestHex } from "@imagespec/oci";
import { partialFolder } from "../storage/folder-files.ts";

/*
 * blobs/sha256/ab/abcd…                          content of blobs and manifests, once for all repositories
 * partial/<id>-<repository>                      unfinished uploads
 * repositories/<name>/_blobs/sha256/<hex>        empty: the repository has this blob
 * repositories/<name>/_manifests/sha256/<hex>    JSON: the repository has this manifest
 * repositories/<name>/_tags/<name>               JSON: what the tag points to
 * repositories/<name>/_referrers/sha256/<hex>/…  empty, by subject, named after the manifest that refers to it
 *
 * A component of a repository name never starts with "_", so that "acme" and "acme/_tags" cannot meet.
 */

export const repositoriesFolder = "repositories";
export const contentFolder = "blobs";

export function contentPath(digest: Digest): string {
  const hex = digestHex(digest);
  return `${contentFolder}/${digestAlgorithm(digest)}/${hex.slice(0, 2)}/${hex}`;
}

export function repositoryPath(repository: string): string {
  return `${repositoriesFolder}/${repository}`;
}

export function blobLinkPath(repository: string, digest: Digest): string {
  return `${repositoryPath(repository)}/_blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

export function manifestLinkPath(repository: string, digest: Digest): string {
  return `${repositoryPath(repository)}/_manifests/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

export function referrersPath(repository: string, subject: Digest): string {
  return `${repositoryPath(repository)}/_referrers/${digestAlgorithm(subject)}/${digestHex(subject)}`;
}

export function referrerName(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest)}`;
}

export function tagsPath(repository: string): string {
  return `${repositoryPath(repository)}/_tags`;
}

/** Tags that differ only in case must stay apart on file systems that do not tell case. */
export function tagPath(repository: string, tag: string): string {
  const lower = tag.toLowerCase();
  const suffix = lower === tag ? "" : `+${shortHash(tag)}`;
  return `${tagsPath(repository)}/${lower}${suffix}`;
}

/** An upload belongs to one repository: under another name its path is another. */
export function uploadPath(repository: string, id: string): string {
  return `${partialFolder}/${id}-${shortHash(repository)}`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
