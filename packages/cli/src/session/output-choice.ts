import { resolve } from "node:path";
import type { OutputChoice } from "@imagespec/core";
import { usageError } from "../arguments/usage-error.ts";

/** What `--output` means. @throws CLI_USAGE */
export function parseOutput(text: string, cwd: string): OutputChoice {
  const split = text.indexOf("=");
  const kind = split === -1 ? text : text.slice(0, split);
  const value = split === -1 ? "" : text.slice(split + 1);
  if (kind === "registry" || kind === "local-store") {
    if (split === -1) return kind;
    throw usageError(`output "${kind}" takes no value, "${value}" is given`, `write "--output ${kind}"`);
  }
  if (kind === "oci-layout" || kind === "docker-archive") {
    if (value !== "") return { kind, path: resolve(cwd, value) };
    throw usageError(`output "${kind}" needs a path`, `write "--output ${kind}=PATH"`);
  }
  if (kind === "engine") return value === "" ? kind : { kind, host: value };
  throw usageError(
    `"${text}" is no output`,
    "use registry, local-store, oci-layout=FOLDER, docker-archive=FILE or engine[=HOST]",
  );
}
