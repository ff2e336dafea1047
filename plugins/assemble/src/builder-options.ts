import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";

/** Checks the options of the factory. @throws CONFIG_INVALID */
export function assertOptions({ cacheFolder, debian = {} }: AssembleBuilderOptions): void {
  if (cacheFolder !== undefined && !path.isAbsolute(cacheFolder))
    throw invalid(
      "cacheFolder",
      cacheFolder,
      "not an absolute path",
      "write the path from the root of the file system",
    );
  for (const [area, url] of Object.entries(debian)) {
    if (!/^https?:\/\//.test(url))
      throw invalid(`debian.${area}`, url, "not a URL", "write it like https://deb.debian.org/debian");
  }
}

function invalid(name: string, value: string, problem: string, hint: string): ImageSpecError {
  return new ImageSpecError("CONFIG_INVALID", `option "${name}" of the builder "assemble" is "${value}", ${problem}`, {
    hint,
  });
}
