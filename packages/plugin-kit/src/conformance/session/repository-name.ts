import type { ConformanceSettings } from "../settings.ts";

/** Name of a repository of the suite, below the namespace that the settings give. */
export function repositoryName({ namespace }: Pick<ConformanceSettings, "namespace">, name: string): string {
  return `${namespace === undefined ? "" : `${namespace}/`}conformance/${name}`;
}
