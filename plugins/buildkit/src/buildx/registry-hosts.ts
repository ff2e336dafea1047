import type { SolveWork } from "../daemon/daemon.ts";

/** Registries that a build may ask for something: those of its bases, of what it pushes to, and of its caches. */
export function registryHosts(
  work: Pick<SolveWork, "text" | "frontend" | "exporter" | "cacheFrom" | "cacheTo">,
): readonly string[] {
  const { text, frontend, exporter, cacheFrom = [], cacheTo = [] } = work;
  const named = [...text.matchAll(/(?:^\s*FROM\s+(?:--\S+\s+)*|--from=|,from=)([^\s,]+)/gim)].map(
    ([, name = ""]) => name,
  );
  const syntax = /^#\s*syntax\s*=\s*(\S+)/im.exec(text)?.[1];
  const references = [
    ...named,
    ...(syntax === undefined ? [] : [syntax]),
    ...(frontend === undefined ? [] : [frontend]),
    ...(exporter.kind === "push" ? [exporter.name] : []),
    ...[...cacheFrom, ...cacheTo].flatMap(({ type, attrs }) => (type === "registry" ? (attrs["ref"] ?? []) : [])),
  ];
  return [...new Set(references.map(hostOf))].sort();
}

/** As docker tells a host from the first part of a path. */
function hostOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}
