import { defaultPlatform, defaultPythonVersion, type LoadedSpec } from "@imagespec/core";

/** What a spec is called before its tag is known. */
export function specTitle({ spec, file }: LoadedSpec): string {
  return spec.name ?? file;
}

/** The few things that tell images apart at a glance. */
export function specFacts({ spec }: LoadedSpec, platform: string | readonly string[] | undefined): readonly string[] {
  const platforms = [spec.platform ?? platform ?? defaultPlatform].flat();
  const python = spec.pythonVersion ?? (spec.baseImage === undefined ? defaultPythonVersion : undefined);
  return [...(python === undefined ? [] : [`python ${python}`]), platforms.join(" ")];
}
