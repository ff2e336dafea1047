type Fields = Readonly<Record<string, unknown>>;

/** What a record says, in the parts that people ask for. Absent: the record does not say. */
export interface RecordSummary {
  /** When the image was made, by ISO 8601. */
  readonly created: string | undefined;
  readonly builder: string | undefined;
  readonly tag: string | undefined;
  readonly fingerprint: string | undefined;
  /** What the image stands on: `debian trixie`, a reference, `scratch`. */
  readonly base: string | undefined;
  /** Fields of the spec that say something, as they were normalised. */
  readonly spec: Fields;
  /** What may change without the fingerprint changing. */
  readonly floating: readonly string[];
  /** `name version`, sorted by name. */
  readonly distributions: readonly string[];
  readonly debianPackages: readonly string[];
}

/** Fields of the spec that are shown, in this order. */
const shownFields = [
  "pythonVersion",
  "packages",
  "requirementFiles",
  "lock",
  "condaPackages",
  "aptPackages",
  "cuda",
  "cudnn",
  "commands",
  "env",
  "entrypoint",
  "cmd",
  "user",
  "workdir",
  "source",
  "runtimePackages",
  "bytecode",
  "profile",
] as const;

/** Reads a record; nothing for bytes that are none. Records of later versions may say more, and are read as far as they are known. */
export function summarizeRecord(bytes: Uint8Array): RecordSummary | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isRecord(parsed) || !isRecord(parsed["spec"])) return undefined;
  const { spec } = parsed;
  const resolution = isRecord(parsed["resolution"]) ? parsed["resolution"] : {};
  const own = isRecord(parsed["record"]) ? parsed["record"] : {};
  const debian = isRecord(own["debian"]) ? own["debian"] : {};
  return {
    created: text(parsed["created"]),
    builder: text(parsed["builder"]),
    tag: text(spec["tag"]),
    fingerprint: text(spec["fingerprint"]),
    base: baseOf(spec["base"]),
    spec: Object.fromEntries(
      shownFields.flatMap((name) => (saysSomething(spec[name]) ? [[name, spec[name]] as const] : [])),
    ),
    floating: list(spec["floating"]).flatMap((path) => text(path) ?? []),
    distributions: list(resolution["distributions"]).flatMap(nameAndVersion).sort(),
    debianPackages: list(debian["packages"]).flatMap(nameAndVersion).sort(),
  };
}

function baseOf(base: unknown): string | undefined {
  if (!isRecord(base)) return undefined;
  switch (base["kind"]) {
    case "scratch":
      return "scratch";
    case "debian":
      return `debian ${text(base["suite"]) ?? ""}`.trim();
    case "reference":
      return [text(base["reference"]), text(base["digest"])].filter((part) => part !== undefined).join("@");
    case "oci-layout":
      return [text(base["name"]) ?? "OCI layout", text(base["digest"])].filter((part) => part !== undefined).join("@");
    case "image":
      return `image with fingerprint ${(text(base["fingerprint"]) ?? "").slice(0, 16)}`.trim();
    default:
      return undefined;
  }
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0 && value["files"] !== 0;
  return value !== "imagespec";
}

function nameAndVersion(item: unknown): readonly string[] {
  const name = isRecord(item) ? text(item["name"]) : undefined;
  return name === undefined || !isRecord(item) ? [] : [`${name} ${text(item["version"]) ?? ""}`.trim()];
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
