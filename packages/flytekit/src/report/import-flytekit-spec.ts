import { resolve } from "node:path";
import type { ImageSpecInput } from "@imagespec/core";
import { flytekitRequirement, requirementFor } from "../convert/flytekit-requirement.ts";
import { convertConstructed } from "../convert/to-image-spec.ts";
import { type ConstructedSpec, constructSpec, NestedSpec } from "../spec/construct-spec.ts";
import { type FlytekitField, type FlytekitSpec, flytekitFields } from "../spec/flytekit-spec.ts";
import { defaultFlytekitPython, newestFlytekit } from "../spec/flytekit-version.ts";
import { hashText, specText } from "../spec/spec-text.ts";
import { type FlytekitTagOptions, imageNameOf, tagOf } from "../tag/flytekit-tag.ts";
import { findDifference } from "./find-differences.ts";
import { findQuirks } from "./find-quirks.ts";

/** One thing that a migration should know. */
export interface ImportNote {
  /** flytekit's name. */
  readonly field: FlytekitField;
  readonly text: string;
}

/** What a flytekit spec becomes, and what changes by it. */
export interface FlytekitImport {
  /** The spec, with this project's own layout. */
  readonly spec: ImageSpecInput;
  /** flytekit's name of the image. */
  readonly imageName: string;
  readonly tag: string;
  readonly id: string;
  /** Fields that mean the same. */
  readonly equal: readonly FlytekitField[];
  /** What is otherwise in images of this spec. */
  readonly differs: readonly ImportNote[];
  /** What flytekit passes over or changes without a word. */
  readonly ignored: readonly ImportNote[];
}

/**
 * The migration report of a flytekit spec: reads its files for the tag, and builds nothing.
 *
 * @throws FLYTEKIT_SPEC, FLYTEKIT_TAG, FLYTEKIT_UNSUPPORTED, and what the constructor of ImageSpec throws
 */
export function importFlytekitSpec(given: FlytekitSpec, options: FlytekitTagOptions = {}): FlytekitImport {
  const { version = newestFlytekit, python = defaultFlytekitPython } = options;
  const root = resolve(options.root ?? ".");
  const spec = constructSpec(given, options);
  const tagOptions = { ...options, root };
  const tag = tagOf(spec, tagOptions);
  const quirks = findQuirks(given, spec, { root, python, version });
  const differs = flytekitFields.flatMap((field): readonly ImportNote[] => {
    const text = findDifference(field, spec);
    return text === undefined ? [] : [{ field, text }];
  });
  const told = new Set(differs.map(({ field }) => field));
  const image = convertConstructed(spec, {
    version,
    python,
    root,
    profile: "imagespec",
    machine: options.machine,
  });
  const requirement = flytekitRequirement(spec, { root, requirement: requirementFor(version) });
  if (requirement !== undefined) {
    differs.push({ field: "packages", text: `${requirement} stands in the spec; there, it is added unseen` });
    told.add("packages");
  }
  const format = formatOf(spec);
  return {
    spec: (format === undefined ? image : image.with({ tagFormat: format })).toJSON(),
    imageName: imageNameOf(spec, tagOptions),
    tag,
    id: hashText(specText(spec, python)),
    equal: flytekitFields.filter((field) => given[field] !== undefined && given[field] !== null && !told.has(field)),
    differs: sorted(differs),
    ignored: sorted([...quirks, ...nestedQuirks(given, spec, { root, python, version })]),
  };
}

function sorted(notes: readonly ImportNote[]): readonly ImportNote[] {
  return [...notes].sort((one, other) => flytekitFields.indexOf(one.field) - flytekitFields.indexOf(other.field));
}

function nestedQuirks(
  given: FlytekitSpec,
  spec: ConstructedSpec,
  context: Parameters<typeof findQuirks>[2],
): readonly ImportNote[] {
  if (!(spec.base_image instanceof NestedSpec)) return [];
  // A constructed base was a nested spec.
  const found = findQuirks(given.base_image as FlytekitSpec, spec.base_image.spec, context);
  return found.map(({ field, text }) => ({ field: "base_image", text: `${field}: ${text}` }));
}

/** A format that this project's specs can say. */
function formatOf({ tag_format: format }: ConstructedSpec): string | undefined {
  return typeof format === "string" && /^(?:[A-Za-z0-9_.-]|\{spec_hash\})+$/.test(format) ? format : undefined;
}
