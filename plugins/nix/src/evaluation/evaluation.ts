import { ImageSpecError } from "@imagespec/errors";
import type { SystemRole } from "./evaluation-input.ts";

/** How a name was found. `no-python`: not looked up, since the interpreter is missing. */
export type ProbeStatus =
  | "ok"
  | "missing"
  | "not-a-package"
  | "throws"
  | "broken"
  | "unfree"
  | "insecure"
  | "unsupported"
  | "no-python";

export interface Probe {
  readonly status: ProbeStatus;
  readonly version: string | undefined;
}

export interface PackageProbe extends Probe {
  readonly extras: readonly {
    readonly name: string;
    readonly status: "ok" | "missing" | "throws";
    readonly available: readonly string[];
  }[];
}

/** Something that the image refers to. */
export interface Root {
  readonly role: "python" | "module" | "wheel" | SystemRole;
  readonly name: string;
  /** Store path of the derivation. */
  readonly drv: string;
  /** Which of its outputs. */
  readonly output: string;
  /** Where it will be. */
  readonly path: string;
}

/** What nix/evaluate.nix answers. */
export interface Evaluation {
  readonly nix: string;
  readonly set: { readonly version: string | undefined; readonly source: string };
  readonly python:
    | (Probe & { readonly default: string | undefined; readonly available: readonly string[] })
    | undefined;
  /** In the order in which they were asked for. */
  readonly packages: readonly PackageProbe[];
  /** Names of all Python packages, where something was not found. */
  readonly names: readonly string[];
  readonly system: readonly Probe[];
  /** Nothing when something was not found. */
  readonly roots: readonly Root[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the answer. @throws INTERNAL for one of another shape */
export function parseEvaluation(text: string): Evaluation {
  const answer = record(parseJson(text));
  const set = record(answer["set"]);
  return {
    nix: String(answer["nix"]),
    set: { version: optionalText(set["version"]), source: String(set["source"]) },
    python: answer["python"] === null ? undefined : pythonOf(record(answer["python"])),
    packages: list(answer["packages"]).map((value) => {
      const fields = record(value);
      const extras = list(fields["extras"]).map((extra) => {
        const { name, status, available } = record(extra);
        // The three words that evaluate.nix has for them.
        return { name: String(name), status: status as "ok" | "missing" | "throws", available: texts(available) };
      });
      return { ...probeOf(fields), extras };
    }),
    names: texts(answer["names"]),
    system: list(answer["system"]).map((value) => probeOf(record(value))),
    roots: list(answer["roots"]).map((value) => {
      const { role, name, drv, output, path } = record(value);
      // The roles are those of the input, and of evaluate.nix.
      return {
        role: role as Root["role"],
        name: String(name),
        drv: String(drv),
        output: String(output),
        path: String(path),
      };
    }),
  };
}

function pythonOf(fields: Fields): NonNullable<Evaluation["python"]> {
  return { ...probeOf(fields), default: optionalText(fields["default"]), available: texts(fields["available"]) };
}

function probeOf(fields: Fields): Probe {
  // One of the words that evaluate.nix has.
  return { status: String(fields["status"]) as ProbeStatus, version: optionalText(fields["version"]) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(text);
  }
}

function record(value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw unreadable(JSON.stringify(value) ?? "nothing");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((text) => typeof text === "string");
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function unreadable(text: string): ImageSpecError {
  return new ImageSpecError("INTERNAL", `nix-instantiate answered "${text.slice(0, 200)}"`);
}
