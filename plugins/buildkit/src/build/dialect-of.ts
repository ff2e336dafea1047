import type { Dialect } from "@imagespec/dockerfile";
import type { BuildSession } from "./build-session.ts";

/** The dialect of a build's Dockerfile: the one that is asked for, else what the daemon reads; a frontend of one's own reads all. */
export function dialectOf({ options, daemon }: Pick<BuildSession, "options" | "daemon">): Dialect {
  const { dialect = "auto", frontend } = options;
  if (dialect !== "auto") return dialect;
  return frontend === undefined ? daemon.features.dialect : "modern";
}
