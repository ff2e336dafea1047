/** Scopes are texts as the token services take them: `repository:acme/train:pull,push` (distribution, "Token Scope"). */

export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

export function deleteScope(repository: string): string {
  return `repository:${repository}:delete,pull`;
}

/** One list without repetition: actions on one resource are joined, everything is sorted. */
export function mergeScopes(...lists: readonly (readonly string[])[]): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of lists.flat()) {
    const { resource, allowed } = splitScope(scope);
    const known = actions.get(resource) ?? new Set();
    for (const action of allowed) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, allowed]) => `${resource}:${[...allowed].sort().join(",")}`).sort();
}

/** Whether everything that is wanted is among what one has. */
export function coversScopes(have: readonly string[], wanted: readonly string[]): boolean {
  const granted = new Map(have.map(splitScope).map(({ resource, allowed }) => [resource, new Set(allowed)]));
  return wanted.map(splitScope).every(({ resource, allowed }) => {
    const actions = granted.get(resource);
    return actions !== undefined && (actions.has("*") || allowed.every((action) => actions.has(action)));
  });
}

/** The last colon separates the actions: a resource name may hold a registry's port. */
function splitScope(scope: string): { readonly resource: string; readonly allowed: readonly string[] } {
  const at = scope.lastIndexOf(":");
  return { resource: scope.slice(0, Math.max(at, 0)), allowed: scope.slice(at + 1).split(",") };
}
