import { isAbsolute, join, resolve } from "node:path";
import type { BuildOptions, ImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { CopyMode } from "../python/python-value.ts";
import type { FlytekitRequest } from "../request/flytekit-request.ts";
import { type ConstructedSpec, constructSpec, NestedSpec } from "../spec/construct-spec.ts";
import { defaultFlytekitPython } from "../spec/flytekit-version.ts";
import { hashText, specText } from "../spec/spec-text.ts";
import { type FlytekitTagOptions, imageNameOf, tagOf } from "../tag/flytekit-tag.ts";
import { sourceFilesOf } from "../tag/source-digest.ts";
import { copiesSource } from "./convert-spec.ts";
import { convertConstructed, type ToImageSpecOptions } from "./to-image-spec.ts";

/** One image to build for a flytekit spec: what the engine takes, and what flytekit calls it. */
export interface FlytekitBuild {
  readonly spec: ImageSpec;
  /** Tag, folder and source files: for the engine's `build`. */
  readonly options: Pick<BuildOptions, "tag" | "root" | "sourceFiles">;
  /** flytekit's full name of the image. */
  readonly imageName: string;
  readonly tag: string;
  /** flytekit's id of the spec. */
  readonly id: string;
}

/**
 * The images to build for a flytekit spec, under flytekit's tags, bases first: the last one is the spec's. A nested base with a
 * registry is an image of its own there, as flytekit makes it; another one is built below the image.
 *
 * The source is the list of files that flytekit's tag covers, no other.
 *
 * @throws FLYTEKIT_SPEC, FLYTEKIT_TAG, FLYTEKIT_TAG_DIFFERS, FLYTEKIT_UNSUPPORTED, and what the constructor of ImageSpec throws
 */
export function flytekitBuilds(
  request: Pick<FlytekitRequest, "spec"> & Partial<FlytekitRequest>,
): readonly FlytekitBuild[] {
  const root = resolve(request.root ?? ".");
  const options: FlytekitTagOptions & ToImageSpecOptions = {
    version: request.version,
    python: request.python,
    machine: request.machine,
    root,
    loadedModules: request.loadedModules,
    builtNames: request.builtNames,
    requirement: request.requirement,
    profile: request.profile,
    // A task installs them by itself, and flytekit's tag does not cover them.
    runtimePackages: false,
  };
  const spec = constructSpec(request.spec, options);
  refuseNoop(spec);
  const builds = buildsOf(spec, { ...options, builtNames: namesOf(spec, options) }, request.id);
  const tag = builds.at(-1)?.tag ?? "";
  if (request.tag !== undefined && request.tag !== tag) {
    throw new ImageSpecError(
      "FLYTEKIT_TAG_DIFFERS",
      `flytekit's tag is "${request.tag}", the one of its spec here is "${tag}"`,
      {
        hint: "build again, if files changed in between; otherwise report the spec: nothing was built",
        details: { flytekit: request.tag, computed: tag },
      },
    );
  }
  return builds;
}

function buildsOf(
  spec: ConstructedSpec,
  options: FlytekitTagOptions & ToImageSpecOptions,
  givenId: string | null | undefined,
): readonly FlytekitBuild[] {
  const { base_image: base } = spec;
  const noop = base instanceof NestedSpec ? noopImage(base.spec) : undefined;
  const isApart = base instanceof NestedSpec && noop === undefined && registryOf(base.spec) !== undefined;
  const bases = isApart ? buildsOf(base.spec, options, undefined) : [];
  const id = givenId ?? hashText(specText(spec, options.python ?? defaultFlytekitPython));
  const tag = tagOf(spec, options);
  const image = convertConstructed(spec, {
    ...options,
    imageId: givenId === null ? false : id,
    ...(isApart || noop !== undefined ? { base: (own) => noop ?? imageNameOf(own, options) } : {}),
  });
  const files = copiesSource(spec) ? sourceFiles(spec, options) : undefined;
  return [
    ...bases,
    {
      spec: files === undefined ? image : image.with({ sourceCopyMode: "loaded-modules" }),
      options: {
        tag: { value: tag, reuse: "tag-and-platforms" },
        root: options.root,
        ...(files === undefined ? {} : { sourceFiles: files }),
      },
      imageName: imageNameOf(spec, options),
      tag,
      id,
    },
  ];
}

/** The image that flytekit's builder `noop` passes on instead of building one. */
function noopImage({ builder, base_image: base }: ConstructedSpec): string | undefined {
  return builder === "noop" && typeof base === "string" ? base : undefined;
}

function refuseNoop(spec: ConstructedSpec): void {
  if (spec.builder !== "noop") return;
  throw new ImageSpecError("FLYTEKIT_UNSUPPORTED", 'builder "noop" builds no image', {
    hint: `use "${noopImage(spec) ?? "the base image"}" as it is`,
    problems: [{ code: "FLYTEKIT_UNSUPPORTED", path: "builder", message: 'builder "noop" builds no image' }],
  });
}

/** Names of bases that exist already, by what flytekit would call their images. */
function namesOf(spec: ConstructedSpec, options: FlytekitTagOptions): ReadonlyMap<string, string> {
  const names = new Map(options.builtNames ?? []);
  const visit = ({ base_image: base }: ConstructedSpec): void => {
    if (!(base instanceof NestedSpec)) return;
    visit(base.spec);
    const image = noopImage(base.spec);
    if (image !== undefined) names.set(imageNameOf(base.spec, { ...options, builtNames: names }), image);
  };
  visit(spec);
  return names;
}

function sourceFiles(spec: ConstructedSpec, options: FlytekitTagOptions): readonly string[] {
  const { source_root: root, source_copy_mode: mode } = spec;
  const folder = options.root ?? process.cwd();
  // The tag, which comes first, is refused for anything but the path of a folder.
  const files = sourceFilesOf(String(root), mode ?? CopyMode.ALL, {
    folder,
    loadedModules: options.loadedModules ?? [],
  });
  return [...new Set(files)].map((file) => (isAbsolute(file) ? file : join(folder, file)));
}

function registryOf({ registry }: ConstructedSpec): string | undefined {
  return typeof registry === "string" && registry !== "" ? registry : undefined;
}
