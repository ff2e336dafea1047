import { canonicalRegistry, dockerHub, looksLikeRegistry } from "./registry.ts";

/** The most characters that registry, slash and repository may have together. */
export const maxNameLength = 255;
/** The most characters of a tag. */
export const maxTagLength = 128;

const pathComponent = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** Whether a text is a tag: up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Whether a text is one component of a repository's path. */
export function isPathComponent(text: string): boolean {
  return pathComponent.test(text);
}

/** Whether a text is a repository's path, without a registry: `acme/train`. */
export function isRepository(text: string): boolean {
  return text.length <= maxNameLength && text.split("/").every(isPathComponent);
}

/** The parts of a reference, not yet checked. */
export interface ReferenceParts {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Cuts a reference at its first `@` and at the last colon behind the last slash. */
export function splitReference(text: string): ReferenceParts {
  const at = text.indexOf("@");
  const head = at < 0 ? text : text.slice(0, at);
  const colon = head.lastIndexOf(":");
  const tagged = colon > head.lastIndexOf("/");
  return {
    name: tagged ? head.slice(0, colon) : head,
    tag: tagged ? head.slice(colon + 1) : undefined,
    digest: at < 0 ? undefined : text.slice(at + 1),
  };
}

/** Splits a name in registry and repository as Docker does, with Docker Hub where no registry is named. */
export function splitName(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const named = slash >= 0 && looksLikeRegistry(first);
  const registry = named ? canonicalRegistry(first) : dockerHub;
  const path = named ? name.slice(slash + 1) : name;
  return { registry, repository: registry === dockerHub && !path.includes("/") ? `library/${path}` : path };
}
