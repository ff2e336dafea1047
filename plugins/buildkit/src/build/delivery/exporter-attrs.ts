import type { BuildSession } from "../build-session.ts";

const compressions = { gzip: "gzip", zstd: "zstd", none: "uncompressed" } as const;

/** What an exporter is told about the layers it makes. */
export function exporterAttrs({ options, daemon }: Pick<BuildSession, "options" | "daemon">): Record<string, string> {
  const { compression, compressionLevel, reproducible } = options;
  return {
    ...(compression === undefined ? {} : { compression: compressions[compression] }),
    ...(compressionLevel === undefined ? {} : { "compression-level": String(compressionLevel) }),
    ...(reproducible === true && daemon.features.rewriteTimestamp ? { "rewrite-timestamp": "true" } : {}),
  };
}
