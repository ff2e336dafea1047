import { resolve } from "node:path";
import {
  type Digest,
  familiarImageReference,
  formatImageReference,
  type ImageReference,
  isDigest,
  parseImageReference,
} from "@imagespec/oci";
import { usageError } from "../arguments/usage-error.ts";

/** Where an image is, or is to go, as it is written on a command line. */
export type ImagePlace =
  | { readonly kind: "registry"; readonly reference: ImageReference }
  | { readonly kind: "local-store"; readonly reference: ImageReference }
  | { readonly kind: "oci-layout"; readonly path: string; readonly name: string | undefined }
  | { readonly kind: "docker-archive"; readonly path: string; readonly name: string | undefined };

/** A reference alone says nothing about where the image is. */
export interface BareReference {
  readonly kind: "reference";
  readonly reference: ImageReference;
}

const archiveEnding = /\.(?:tar|tar\.gz|tgz)$/;

/**
 * Reads `NAME:TAG`, `docker://NAME:TAG` (a registry's), `local-store:NAME:TAG`, `oci-layout:FOLDER[:NAME]`, `docker-archive:FILE[:NAME]`, a path
 * that ends in `.tar`, and any other path, which is a layout's.
 *
 * @throws CLI_USAGE, REFERENCE_INVALID
 */
export function parsePlace(text: string, cwd: string): ImagePlace | BareReference {
  // "registry:2" is the name of an image; what skopeo writes before the names of registries is none.
  if (text.startsWith("docker://")) return { kind: "registry", reference: parseImageReference(text.slice(9)) };
  const [, kind, rest = ""] = /^(local-store|oci-layout|docker-archive)[:=](.*)$/s.exec(text) ?? [];
  if (kind !== undefined && rest === "") throw usageError(`"${text}" names no image`, `write "${kind}:NAME"`);
  if (kind === "local-store") return { kind, reference: parseImageReference(rest) };
  if (kind === "oci-layout" || kind === "docker-archive") {
    const { path, name } = splitPath(rest);
    return { kind, path: resolve(cwd, path), name };
  }
  const path = text.replace(/^(.*\.(?:tar|tar\.gz|tgz)):.*$/s, "$1");
  if (archiveEnding.test(path)) {
    const name = text.slice(path.length + 1);
    return { kind: "docker-archive", path: resolve(cwd, path), name: name === "" ? undefined : name };
  }
  if (isPath(text)) return { kind: "oci-layout", path: resolve(cwd, text), name: undefined };
  return { kind: "reference", reference: parseImageReference(text) };
}

/** How a place is called in messages: what was written, but canonical. */
export function formatPlace(place: ImagePlace): string {
  if (place.kind === "registry") return formatImageReference(place.reference);
  // Without the registry that a name of the local store does not mean.
  if (place.kind === "local-store") return familiarImageReference(place.reference);
  return place.name === undefined ? place.path : `${place.path}:${place.name}`;
}

/** For people: where an image was found. */
export const placeTitles: Readonly<Record<ImagePlace["kind"], string>> = {
  registry: "registry",
  "local-store": "local image store",
  "oci-layout": "OCI layout",
  "docker-archive": "archive",
};

/** What a name inside a layout or archive means: a digest, else a name. */
export function selectorOf(name: string): { readonly tag: string } | { readonly digest: Digest } {
  return isDigest(name) ? { digest: name } : { tag: name };
}

function isPath(text: string): boolean {
  return /^(?:\.{0,2}[\\/]|\.{1,2}$|~[\\/]|[A-Za-z]:[\\/])/.test(text) || text.endsWith("/");
}

/** A name follows the first colon; the one of a Windows drive does not count. */
function splitPath(text: string): { readonly path: string; readonly name: string | undefined } {
  const drive = /^[A-Za-z]:[\\/]/.test(text) ? 2 : 0;
  const colon = text.indexOf(":", drive);
  if (colon === -1) return { path: text, name: undefined };
  return { path: text.slice(0, colon), name: text.slice(colon + 1) || undefined };
}
