import { resolve } from "node:path";
import type { ImageProfile, ImageSpec } from "@imagespec/core";
import { type ConstructedSpec, constructSpec } from "../spec/construct-spec.ts";
import type { FlytekitEnvironment, FlytekitSpec } from "../spec/flytekit-spec.ts";
import { defaultFlytekitPython, newestFlytekit } from "../spec/flytekit-version.ts";
import { hashText, specText } from "../spec/spec-text.ts";
import { convertSpec } from "./convert-spec.ts";
import { requirementFor } from "./flytekit-requirement.ts";

/** How a flytekit spec becomes one of ours. */
export interface ToImageSpecOptions extends FlytekitEnvironment {
  /** Folder that the paths of both specs are relative to. @default the working directory */
  readonly root?: string | undefined;
  /** Layout of the image. @default "flytekit" */
  readonly profile?: ImageProfile | undefined;
  /**
   * What is added to the packages, as flytekit's own builder adds itself: not beside a project lock, and not where a requirement
   * names flytekit; `null` adds nothing.
   *
   * @default flytekit at `version`
   */
  readonly requirement?: string | null | undefined;
  /**
   * `_F_IMG_ID` in the image, by which a task of flytekit knows whether it runs in it: an id that flytekit gave, or `true` for the
   * one computed here.
   *
   * @default false
   */
  readonly imageId?: string | boolean | undefined;
  /** Whether the image carries `runtime_packages`. flytekit's own tasks install them by themselves. @default true */
  readonly runtimePackages?: boolean | undefined;
}

/**
 * What a flytekit spec means as an {@link ImageSpec}: with its commands in one step after the files, and the Python of
 * `options.python` where it names none. Tag and builder are no part of it.
 *
 * @throws FLYTEKIT_SPEC for what flytekit refuses, FLYTEKIT_UNSUPPORTED for what has no meaning, and what the constructor of
 * ImageSpec throws
 */
export function toImageSpec(spec: FlytekitSpec, options: ToImageSpecOptions = {}): ImageSpec {
  return convertConstructed(constructSpec(spec, options), options);
}

export function convertConstructed(
  spec: ConstructedSpec,
  options: ToImageSpecOptions & { readonly base?: ((base: ConstructedSpec) => string | ImageSpec) | undefined },
): ImageSpec {
  const { imageId = false, requirement, version = newestFlytekit } = options;
  const python = options.python ?? defaultFlytekitPython;
  return convertSpec(spec, {
    root: resolve(options.root ?? "."),
    python: /^\d+\.\d+/.exec(python)?.[0] ?? python,
    profile: options.profile ?? "flytekit",
    requirement: requirement === undefined ? requirementFor(version) : requirement,
    keepsRuntimePackages: options.runtimePackages ?? true,
    imageId: (own) => {
      if (imageId === false) return undefined;
      return imageId === true ? hashText(specText(own, python)) : imageId;
    },
    base: options.base,
  });
}
