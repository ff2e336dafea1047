import { resolve } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { isTag, parseImageReference } from "@imagespec/oci";
import type { BuildOutput } from "../builder/output.ts";
import { defaultImageName } from "../spec/image-name.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildOptions, OutputChoice } from "./build-options.ts";

/** An output without the tag; `name` is what images are called there. */
export type OutputPlace =
  | { readonly kind: "registry"; readonly registry: string; readonly repository: string }
  | { readonly kind: "local-store"; readonly name: string }
  | { readonly kind: "oci-layout"; readonly name: string; readonly path: string }
  | { readonly kind: "docker-archive"; readonly name: string; readonly path: string }
  | { readonly kind: "engine"; readonly name: string; readonly host: string | undefined };

/** One image to make: what it holds, where it goes, and when the one that is there counts as it. */
export interface BuildTarget {
  readonly spec: ResolvedImageSpec;
  readonly place: OutputPlace;
  /** Repository path or name, for people. */
  readonly name: string;
  readonly tag: string;
  /** The tag says what is in the image: a different image under it is a mistake, not an older one. */
  readonly isContentTag: boolean;
  /** The tag is the default one, so each platform has its default tag too. */
  readonly isDefaultTag: boolean;
  readonly reuse: "fingerprint" | "tag-and-platforms";
}

/**
 * Where a spec goes under the options of a build.
 *
 * @throws SPEC_VALUE (no `name` for a registry, a tag that is none), SPEC_CONFLICT (several platforms for an output that holds one)
 */
export function buildTarget(spec: ResolvedImageSpec, options: BuildOptions): BuildTarget {
  const tag = options.tag?.value ?? spec.tag;
  if (!isTag(tag)) {
    throw new ImageSpecError("SPEC_VALUE", `"${tag}" is not a tag`, {
      hint: "use letters, digits, dots, hyphens and underscores, at most 128, and begin with a letter, digit or underscore",
    });
  }
  const place = placeOf(spec, options.output);
  if ((place.kind === "docker-archive" || place.kind === "engine") && spec.platforms.length > 1) {
    throw new ImageSpecError(
      "SPEC_CONFLICT",
      `an output of kind "${place.kind}" holds one platform, the spec has "${spec.platforms.join(", ")}"`,
      {
        hint: "choose one by the build option platform, or use an OCI layout or a registry as output",
        problems: [{ code: "SPEC_CONFLICT", path: "platform", message: `"${place.kind}" holds one platform` }],
      },
    );
  }
  const isDefaultTag = options.tag === undefined && spec.tagFormat === undefined;
  return {
    spec,
    place,
    name: spec.name ?? defaultImageName,
    tag,
    isDefaultTag,
    isContentTag:
      isDefaultTag || (options.tag === undefined && /\{(?:fingerprint|spec_hash)\}/.test(spec.tagFormat ?? "")),
    reuse: options.tag?.reuse ?? "fingerprint",
  };
}

/** Where the base of an image goes: to a registry when the image does, else into the local store. */
export function baseTarget(base: ResolvedImageSpec, child: BuildTarget): BuildTarget {
  const registry = child.place.kind === "registry" ? (base.registry ?? child.spec.registry) : base.registry;
  const spec = registry === base.registry ? base : Object.freeze({ ...base, registry });
  return buildTarget(spec, { output: child.place.kind === "registry" ? "registry" : "local-store" });
}

/** The image of one of several platforms, as an image of its own. */
export function platformTarget(target: BuildTarget, spec: ResolvedImageSpec): BuildTarget {
  const platform = spec.platforms.join("-").replaceAll("/", "-");
  return { ...target, spec, tag: target.isDefaultTag ? spec.tag : `${target.tag}-${platform}` };
}

/** The output as the builder contract has it. */
export function outputOf({ place, tag }: BuildTarget): BuildOutput {
  if (place.kind === "registry") return { ...place, tag };
  return { ...place, name: `${place.name}:${tag}` };
}

/** The reference for people: with the tag, or the path of a file or folder. */
export function referenceOf(target: BuildTarget): string {
  const output = outputOf(target);
  if (output.kind === "registry") return `${output.registry}/${output.repository}:${output.tag}`;
  return "path" in output ? output.path : output.name;
}

function placeOf(spec: ResolvedImageSpec, choice: OutputChoice | undefined): OutputPlace {
  const wanted = typeof choice === "string" ? { kind: choice } : choice;
  const kind = wanted?.kind ?? (spec.registry === undefined ? "local-store" : "registry");
  if (kind === "registry") return registryPlace(spec);
  const name =
    spec.registry === undefined ? (spec.name ?? defaultImageName) : `${spec.registry}/${spec.name ?? defaultImageName}`;
  if (wanted?.kind === "oci-layout" || wanted?.kind === "docker-archive") {
    return { kind: wanted.kind, name, path: resolve(wanted.path) };
  }
  if (kind === "engine")
    return { kind, name, host: wanted !== undefined && "host" in wanted ? wanted.host : undefined };
  return { kind: "local-store", name };
}

function registryPlace(spec: ResolvedImageSpec): OutputPlace {
  if (spec.registry === undefined)
    throw missing("registry", 'add registry: "registry.example.com", or build into the local store');
  if (spec.name === undefined)
    throw missing("name", 'add name: "team/image" to the spec, or give the build option name');
  const { registry, repository } = parseImageReference(`${spec.registry}/${spec.name}`);
  return { kind: "registry", registry, repository };
}

function missing(path: string, hint: string): ImageSpecError {
  const message = `a build into a registry needs "${path}"`;
  return new ImageSpecError("SPEC_VALUE", message, {
    hint,
    problems: [{ code: "SPEC_VALUE", path, message, hint }],
  });
}
