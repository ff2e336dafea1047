import { isImageSpecError, suggest } from "@imagespec/errors";
import { formatPlatform, isRepository, isTag, parseImageReference, parsePlatform, parseRegistry } from "@imagespec/oci";
import type { Finding } from "./field-shape.ts";

/** The tag that `tagFormat` is tried with. */
const sampleTag = "u1-aaaaaaaaaaaaaaaa";

/** Runs a parser and turns the error that it throws into a finding. */
function finding(code: NonNullable<Finding["code"]>, parse: () => unknown): Finding | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    return { code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

/** `acme/train` */
export function nameFinding(text: string): Finding | undefined {
  const code = "SPEC_REFERENCE";
  if (isRepository(text)) return undefined;
  if (isRepository(text.toLowerCase())) {
    return { code, message: `"${text}" has upper-case letters`, hint: `write "${text.toLowerCase()}"` };
  }
  const tagged = /^([^:@]+)[:@](?!\d+\/)\S+$/.exec(text);
  if (tagged?.[1] !== undefined && isRepository(tagged[1])) {
    return { code, message: `"${text}" has a tag`, hint: `write "${tagged[1]}"; tagFormat is the field for tags` };
  }
  if (/^[^/]*:\d+\//.test(text)) {
    const slash = text.indexOf("/");
    return {
      code,
      message: `"${text}" has a registry`,
      hint: `write registry: "${text.slice(0, slash)}" and name: "${text.slice(slash + 1)}"`,
    };
  }
  return {
    code,
    message: `"${text}" is not a repository path`,
    hint: "use lower-case letters and digits, joined by single . _ - and /, as in acme/train",
  };
}

/** `host[:port][/path]` */
export function registryFinding(text: string): Finding | undefined {
  const code = "SPEC_REFERENCE";
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) return { code, message: `"${text}" is a URL`, hint: `remove "${scheme}"` };
  const slash = text.indexOf("/");
  const path = slash === -1 ? undefined : text.slice(slash + 1);
  if (path !== undefined && !isRepository(path)) {
    const trimmed = text.replace(/\/+$/, "");
    return path.replace(/\/+$/, "") === "" || trimmed !== text
      ? { code, message: `"${text}" ends in a slash`, hint: `write "${trimmed}"` }
      : nameFinding(path);
  }
  return finding(code, () => parseRegistry(slash === -1 ? text : text.slice(0, slash)));
}

const layoutPrefix = "oci-layout:";

/** An `oci-layout:path[:name]` base taken apart, or nothing when the text is something else. */
export function parseLayoutBase(
  text: string,
): { readonly path: string; readonly name: string | undefined } | undefined {
  if (!text.startsWith(layoutPrefix)) return undefined;
  const rest = text.slice(layoutPrefix.length);
  const colon = rest.indexOf(":");
  return colon === -1 ? { path: rest, name: undefined } : { path: rest.slice(0, colon), name: rest.slice(colon + 1) };
}

/** A reference, `scratch`, or `oci-layout:path[:name]`. */
export function baseImageFinding(text: string): Finding | undefined {
  if (text === "scratch") return undefined;
  const layout = parseLayoutBase(text);
  if (layout !== undefined) {
    if (layout.path === "" || layout.name === "") {
      return { message: `"${text}" names no image`, hint: 'write "oci-layout:folder" or "oci-layout:folder:name"' };
    }
    return undefined;
  }
  return finding("SPEC_REFERENCE", () => parseImageReference(text));
}

/** A tag with `{fingerprint}`. */
export function tagFormatFinding(text: string): Finding | undefined {
  for (const [whole, inner = ""] of text.matchAll(/\{([^{}]*)\}/g)) {
    if (inner === "fingerprint" || inner === "spec_hash") continue;
    const meant = suggest(inner, ["fingerprint", "spec_hash"]);
    return {
      message: `"${text}" has an unknown placeholder "${whole}"`,
      hint: meant === undefined ? "use {fingerprint}" : `did you mean "{${meant}}"?`,
    };
  }
  const tag = fillTagFormat(text, sampleTag);
  if (isTag(tag)) return undefined;
  return {
    code: "SPEC_REFERENCE",
    message: `"${text}" gives "${tag}", which is not a tag`,
    hint: "use letters, digits, _ . and -, at most 128 characters in all, not beginning with . or -",
  };
}

/** A `tagFormat` with its placeholders replaced by the default tag. */
export function fillTagFormat(format: string, tag: string): string {
  return format.replaceAll(/\{(?:fingerprint|spec_hash)\}/g, tag);
}

/** `linux/arm64` */
export function platformFinding(text: string): Finding | undefined {
  const code = "SPEC_PLATFORM";
  const found = finding(code, () => parsePlatform(text));
  if (found !== undefined) return found;
  const { os } = parsePlatform(text);
  return os === "linux"
    ? undefined
    : { code, message: `"${text}" is not a Linux platform`, hint: "use linux/amd64, linux/arm64 or another linux/…" };
}

/** The canonical spelling of a platform. */
export function canonicalPlatform(text: string): string {
  return formatPlatform(parsePlatform(text));
}

const aptName = /^[a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+:~-]+)?$/;

/** `name[=version]` */
export function aptPackageFinding(text: string): Finding | undefined {
  if (aptName.test(text)) return undefined;
  if (text.startsWith("-")) return { message: `"${text}" is an option, not a package`, hint: "name packages only" };
  if (/\s/.test(text.trim())) {
    const names = text.trim().split(/\s+/);
    return {
      message: `"${text}" holds several words`,
      hint: `write each package as an entry of its own: [${names.map((name) => `"${name}"`).join(", ")}]`,
    };
  }
  const pinned = /^([a-z0-9][a-z0-9+.-]+)==(.+)$/.exec(text);
  if (pinned !== null) return { message: `"${text}" has "=="`, hint: `write "${pinned[1]}=${pinned[2]}"` };
  return {
    message: `"${text}" is not a Debian package`,
    hint: "use lower-case letters, digits, + . and -, as in libgomp1 or curl=8.14.1-2",
  };
}

const condaSpec =
  /^(?:[A-Za-z0-9][\w./-]*::)?[A-Za-z0-9_][\w.-]*(?:\[[\w.*=<>!~|,'" -]+\])?(?:\s*[=<>!~][\w.*=<>!~|,+ -]*|\s+[\w.*<>=!~|,+-]+(?:\s+[\w.*-]+)?)?$/;

/** A conda match specification, `[channel::]name[version]`. */
export function condaPackageFinding(text: string): Finding | undefined {
  if (text.startsWith("-")) return { message: `"${text}" is an option, not a package`, hint: "name packages only" };
  if (condaSpec.test(text) && !/[\r\n]/.test(text)) return undefined;
  return {
    message: `"${text}" is not a conda package`,
    hint: 'write it as in "pytorch>=2.4" or "conda-forge::gdal=3.9"',
  };
}

/** A channel name or URL. */
export function condaChannelFinding(text: string): Finding | undefined {
  if (/^[A-Za-z0-9][\w.-]*(?:\/[\w.-]+)*$/.test(text)) return undefined;
  if (/^https?:/i.test(text)) return indexUrlFinding(text);
  return { message: `"${text}" is not a conda channel`, hint: 'write a name as in "conda-forge", or an https URL' };
}

/** An http(s) URL. */
export function indexUrlFinding(text: string): Finding | undefined {
  if (/\s/.test(text)) return { message: `"${text}" has a space`, hint: "write one URL for each entry" };
  if (!/^https?:\/\/[^/]/i.test(text)) {
    return { message: `"${text}" is not an http or https URL`, hint: "write it as in https://pypi.org/simple" };
  }
  return URL.canParse(text)
    ? undefined
    : { message: `"${text}" is not a URL`, hint: "write it as in https://pypi.org/simple" };
}
