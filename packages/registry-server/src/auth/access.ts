/** What a request needs, in the terms of the distribution token specification. */
export interface Access {
  readonly type: "repository" | "registry";
  readonly name: string;
  readonly actions: readonly string[];
}

/** `repository:acme/train:pull,push`, as it stands in a challenge and a `scope` parameter. */
export function formatScope({ type, name, actions }: Access): string {
  return `${type}:${name}:${actions.join(",")}`;
}

/**
 * Reads `scope` parameters, each with one or several scopes. The name may have colons (a port). What is not a scope is left out, as the
 * token specification wants it.
 */
export function parseScopes(parameters: readonly string[]): readonly Access[] {
  return parameters
    .flatMap((parameter) => parameter.split(" "))
    .flatMap((scope): readonly Access[] => {
      const match = /^(repository|registry)(?:\([a-z0-9]+\))?:(.+):([a-z*,]*)$/.exec(scope);
      if (match === null) return [];
      const [, type, name = "", actions = ""] = match;
      return [
        {
          type: type === "registry" ? "registry" : "repository",
          name,
          actions: actions.split(",").filter((action) => action !== ""),
        },
      ];
    });
}

/** Whether granted accesses cover a needed one. */
export function covers(granted: readonly Access[], needed: Access): boolean {
  const actions = new Set(
    granted
      .filter(({ type, name }) => type === needed.type && name === needed.name)
      .flatMap((access) => access.actions),
  );
  return actions.has("*") || needed.actions.every((action) => actions.has(action));
}
