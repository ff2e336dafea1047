/** What `docker buildx inspect` says of a builder. */
export interface BuilderInspection {
  readonly name: string;
  /** `docker`, `docker-container`, `kubernetes`, `remote`; empty when it could not be told. */
  readonly driver: string;
  readonly endpoint: string;
  /** Of BuildKit; empty for builds without a number and for builders that do not run. */
  readonly version: string;
  readonly platforms: readonly string[];
  readonly isRunning: boolean;
  /** The worker has a store of its own; an Engine's graph driver has not. */
  readonly hasStore: boolean;
  readonly error: string | undefined;
}

/** Reads the text of `docker buildx inspect`; of several nodes the first one counts. It has had no other form until buildx 0.29. */
export function parseInspect(text: string): BuilderInspection {
  const [head = "", node = ""] = text.split(/^Nodes:$/m);
  const field = (part: string, name: string): string =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(part)?.[1]?.trim() ?? "";
  const first = /^Name:[\s\S]*?(?=^Name:)/m.exec(node.trimStart())?.[0] ?? node;
  const version = field(first, "BuildKit(?: version)?");
  const error = field(head, "Error") || field(first, "Error");
  return {
    name: field(head, "Name"),
    driver: field(head, "Driver"),
    endpoint: field(first, "Endpoint"),
    version: version === "v0.0.0+unknown" ? "" : version,
    platforms: field(first, "Platforms")
      .split(",")
      .map((platform) => platform.trim().replace(/\*$/, ""))
      .filter((platform) => platform !== ""),
    isRunning: field(first, "Status") === "running",
    hasStore: /^\s*org\.mobyproject\.buildkit\.worker\.snapshotter:/m.test(first),
    error: error === "" ? undefined : error,
  };
}
