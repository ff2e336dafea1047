import { type DebianArchive, defaultDebianArchive } from "@imagespec/assembler";
import { ImageSpecError } from "@imagespec/errors";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";

/** The archive that the options name; nothing when they name none. @throws CONFIG_INVALID */
export function debianArchive(debian: AssembleBuilderOptions["debian"]): DebianArchive | undefined {
  if (debian === undefined) return undefined;
  for (const [area, url] of Object.entries(debian)) {
    if (url === undefined || /^https?:\/\//.test(url)) continue;
    throw new ImageSpecError(
      "CONFIG_INVALID",
      `option "debian.${area}" of the builder "assemble" is "${url}", not a URL`,
      {
        hint: "write it like https://deb.debian.org/debian",
      },
    );
  }
  return {
    main: withoutSlash(debian.main ?? defaultDebianArchive.main),
    security: withoutSlash(debian.security ?? defaultDebianArchive.security),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
