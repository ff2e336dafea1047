import { createRequire } from "node:module";

type Yaml = typeof import("yaml");

let loaded: Yaml | undefined;

/** The YAML parser, loaded at its first use: it takes as long to load as all of this package, and code needs none. */
export function yamlParser(): Yaml {
  // The package `yaml` is CommonJS on Node.js, so that `require` gives what its types describe.
  loaded ??= createRequire(import.meta.url)("yaml") as Yaml;
  return loaded;
}
