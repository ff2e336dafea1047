import { type BaseImage, normalizePackageName } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { ImageConfig, ImageManifest, Platform } from "@imagespec/oci";
import type { ImageFile } from "../contents/image-file.ts";
import { layerFiles } from "../contents/layer-files.ts";
import { readImage } from "../contents/read-image.ts";

/** What the fake builder has to know of a base. */
export interface BaseFacts {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly files: ReadonlyMap<string, ImageFile>;
  readonly python: { readonly path: string; readonly minor: string } | undefined;
  /** In `/opt/venv`: normalised name to version. */
  readonly distributions: ReadonlyMap<string, string>;
}

/** Reads a base. @throws BASE_UNSUPPORTED for one whose documents are gone */
export async function readBaseFacts(base: BaseImage, platform: Platform): Promise<BaseFacts> {
  const reference = { digest: base.manifest.digest };
  const { manifest, config } = await readImage(base.source, reference, platform);
  if (config.config?.OnBuild?.length) {
    throw new ImageSpecError("BASE_UNSUPPORTED", `the base "${base.reference}" has ONBUILD instructions`, {
      hint: "choose a builder that can run them",
    });
  }
  const keepContent = (path: string, size: number) => size < 65_536 && /^\/etc\/(?:passwd|group)$/.test(path);
  const files = await layerFiles(base.source, reference, { platform, keepContent });
  const program = [...files.keys()].find((path) => /^\/usr\/(?:local\/)?bin\/python3\.\d+$/.test(path));
  const minor = program === undefined ? undefined : /python(3\.\d+)$/.exec(program)?.[1];
  const installed = [...files.keys()].flatMap((path) => {
    const [, name, version] = /^\/opt\/venv\/.*\/([^/]+)-([^/-]+)\.dist-info\/METADATA$/.exec(path) ?? [];
    return name === undefined || version === undefined ? [] : [[normalizePackageName(name), version] as const];
  });
  return {
    manifest,
    config,
    files,
    python: program === undefined || minor === undefined ? undefined : { path: program, minor },
    distributions: new Map(installed),
  };
}
