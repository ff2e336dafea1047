import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";

const largeBytes = 500_000_000;

/** What to say of a source tree that is so large that it is probably an accident: its size and its largest files. */
export function largeSource({ source }: Pick<ResolvedImageSpec, "source">): string | undefined {
  if (source.size < largeBytes) return undefined;
  const largest = [...source.files].sort((a, b) => b.size - a.size).slice(0, 3);
  const named = largest.map(({ destination, size }) => `${destination} (${megabytes(size)})`).join(", ");
  return `exclude what the image does not need in .dockerignore: the source has ${megabytes(source.size)}, most of it in ${named}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
