import { isImageSpecError } from "@imagespec/errors";
import { isDigest, parseDigest } from "../digest/digest.ts";
import { quote } from "../quote.ts";
import {
  isPathComponent,
  isRepository,
  isTag,
  maxNameLength,
  maxTagLength,
  splitName,
  splitReference,
} from "./grammar.ts";
import { type ReferenceProblem, registryProblem } from "./registry.ts";

const form = 'write it like "ghcr.io/acme/train:1.0"';

/** Says why a text is not an image reference and what to do. `shown` is the text with a password masked. */
export function explainReference(text: unknown): ReferenceProblem & { readonly shown: string } {
  if (typeof text !== "string")
    return { message: `an image reference is a text, not "${typeof text}"`, hint: form, shown: typeof text };
  // Somebody may paste `user:password@host/name`; the @ of a digest has no slash behind it.
  const shown = text.replace(/^([^@/]*:\/\/)?([^@/:]*):[^@/]*@(?=[^@]*\/)/, "$1$2:***@");
  const { message, hint } = problemOf(text);
  return { message: `${quote(shown)} is not an image reference: ${message}`, hint, shown };
}

function problemOf(text: string): ReferenceProblem {
  if (text === "") return { message: "it is empty", hint: form };
  if (/\s/.test(text)) return { message: "it contains white space", hint: "remove the white space" };
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.exec(text)?.[0];
  if (scheme !== undefined)
    return { message: `it starts with ${quote(scheme)}`, hint: `remove ${quote(scheme)}: a reference has no scheme` };
  if (/^[a-f0-9]{64}$/.test(text))
    return {
      message: "64 hexadecimal digits are an image id, not a name",
      hint: `name the repository: "<registry>/<repository>@sha256:${text}"`,
    };
  if (isDigest(text))
    return {
      message: "a digest alone does not say where the image is",
      hint: `name the repository: "<registry>/<repository>@<digest>"`,
    };
  return atSignProblem(text) ?? nameProblem(text) ?? { message: "it does not follow the grammar", hint: form };
}

function atSignProblem(text: string): ReferenceProblem | undefined {
  const { digest } = splitReference(text);
  if (digest === undefined) return undefined;
  if (digest === "") return { message: 'no digest follows the "@"', hint: 'write the digest, or remove the "@"' };
  if (digest.includes("/"))
    return {
      message: 'there is a "/" behind the "@"',
      hint: "remove the user name and password: credentials come from docker login",
    };
  if (digest.includes("@")) return { message: 'it has more than one "@"', hint: "keep one digest" };
  const behind = digest.lastIndexOf(":");
  if (isDigest(digest.slice(0, behind)))
    return { message: "a tag stands behind the digest", hint: `write ${quote(digest.slice(behind))} before the "@"` };
  try {
    parseDigest(digest);
    return undefined;
  } catch (error) {
    if (!isImageSpecError(error, "DIGEST_INVALID")) throw error;
    return { message: error.message, hint: error.hint ?? form };
  }
}

function nameProblem(text: string): ReferenceProblem | undefined {
  const { name, tag } = splitReference(text);
  if (name === "") return { message: "it has no repository", hint: form };
  if (name.startsWith("/")) return { message: 'it starts with "/"', hint: 'remove the "/" at its start' };
  if (text.endsWith("/"))
    return { message: 'it ends with "/"', hint: 'remove the "/" at its end, or write the repository' };
  if (name.includes("//")) return { message: 'it contains "//"', hint: 'write a single "/"' };
  if (name.endsWith("/"))
    return { message: "no repository stands in front of the tag", hint: "write the repository's last part" };
  if (name.startsWith("[") && !name.includes("/"))
    return { message: "it has a registry but no repository", hint: 'add the repository: "[::1]:5000/acme/train"' };
  const { registry, repository } = splitName(name);
  const host = registryProblem(registry);
  if (host !== undefined) return host;
  return tagProblem(name, tag) ?? repositoryProblem(registry, repository);
}

function tagProblem(name: string, tag: string | undefined): ReferenceProblem | undefined {
  if (tag === undefined) return undefined;
  const lastComponent = name.slice(name.lastIndexOf("/") + 1);
  if (lastComponent.includes(":")) {
    const first = lastComponent.slice(lastComponent.indexOf(":") + 1);
    const both = `${first}:${tag}`.split(":");
    return { message: `it has more than one tag: ${both.map(quote).join(", ")}`, hint: "keep one tag" };
  }
  if (isTag(tag)) return undefined;
  if (tag === "") return { message: "the tag is empty", hint: "write the tag, or remove the colon" };
  if (tag.length > maxTagLength)
    return {
      message: `the tag has ${tag.length} characters`,
      hint: `shorten the tag to at most ${maxTagLength} characters`,
    };
  if (/^[.-]/.test(tag))
    return {
      message: `the tag ${quote(tag)} starts with "${tag.charAt(0)}"`,
      hint: "start the tag with a letter, digit or underscore",
    };
  const bad = /[^\w.-]/u.exec(tag)?.[0] ?? "";
  return {
    message: `the tag ${quote(tag)} contains ${quote(bad)}`,
    hint: 'use letters, digits, "_", "." and "-" in the tag',
  };
}

function repositoryProblem(registry: string, repository: string): ReferenceProblem | undefined {
  if (!repository.split("/").every(isPathComponent)) {
    const lower = repository.toLowerCase();
    if (/[A-Z]/.test(repository))
      return {
        message: `the repository ${quote(repository)} has upper-case letters`,
        hint: isRepository(lower) ? `write ${quote(lower)}` : "write the repository in lower case",
      };
    const part = repository.split("/").find((component) => !isPathComponent(component)) ?? "";
    const bad = /[^a-z0-9._/-]/u.exec(part)?.[0];
    return bad === undefined
      ? {
          message: `the part ${quote(part)} of the repository has a misplaced separator`,
          hint: 'start and end each part with a letter or digit, and separate by one ".", one or two "_", or hyphens',
        }
      : {
          message: `the part ${quote(part)} of the repository contains ${quote(bad)}`,
          hint: 'use lower-case letters, digits, and single ".", "_" or "-" between them',
        };
  }
  const length = registry.length + 1 + repository.length;
  if (length > maxNameLength)
    return {
      message: `registry and repository have ${length} characters together`,
      hint: `shorten the repository so that they have at most ${maxNameLength}`,
    };
  return undefined;
}
