import { type DebianArchive, defaultDebianArchive } from "@imagespec/assembler";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";

/** The archive that the options name; nothing when they name none. */
export function debianArchive(debian: AssembleBuilderOptions["debian"]): DebianArchive | undefined {
  if (debian === undefined) return undefined;
  return {
    main: withoutSlash(debian.main ?? defaultDebianArchive.main),
    security: withoutSlash(debian.security ?? defaultDebianArchive.security),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
