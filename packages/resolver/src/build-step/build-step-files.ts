import type { PackageResolution, ResolvedImageSpec } from "@imagespec/core";
import { caText } from "../download/ca-text.ts";
import { type IndexAccess, indexAccess } from "../download/index-access.ts";
import type { UvSettings } from "../uv/detect.ts";
import { formatNetrc } from "./format-netrc.ts";
import { formatUvConfig } from "./format-uv-config.ts";

/** What lets steps of a build reach what this machine reaches. For secret mounts: none of it may become part of an image. */
export interface BuildStepFiles {
  /** A `uv.toml` with the machine's indexes; nothing when it has none of its own. Without logins. */
  readonly uvConfig: string | undefined;
  /** A netrc with the logins for the indexes and for the hosts of what is installed, and no others. */
  readonly netrc: string | undefined;
  /** The machine's certificate authorities, PEM. */
  readonly ca: string | undefined;
}

/**
 * The files for the steps that install a resolution.
 *
 * @throws CREDENTIALS when a secret that the spec names cannot be read, CONFIG_INVALID
 */
export async function buildStepFiles(
  spec: ResolvedImageSpec,
  options: {
    readonly settings: UvSettings;
    readonly secret: (id: string) => Promise<string>;
    readonly resolution?: PackageResolution | undefined;
  },
): Promise<BuildStepFiles> {
  const { settings, secret, resolution } = options;
  const access = await indexAccess(spec, settings, secret);
  return {
    uvConfig: formatUvConfig(spec, settings),
    netrc: formatNetrc(access, [...indexesOf(access), ...settings.extraIndexes.map(urlOf), ...filesOf(resolution)]),
    ca: await caText(settings.caFile),
  };
}

function indexesOf({ defaultIndex, extraIndexes }: IndexAccess): readonly string[] {
  return defaultIndex === undefined ? extraIndexes : [defaultIndex, ...extraIndexes];
}

/** `UV_INDEX` may hold `name=url`. */
function urlOf(index: string): string {
  return index.replace(/^[\w.-]+=/, "");
}

function filesOf(resolution: PackageResolution | undefined): readonly string[] {
  return (resolution?.distributions ?? []).map(({ wheel, sdist }) => wheel?.url ?? sdist?.url ?? "");
}
