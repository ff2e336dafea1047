import { isAbsolute } from "node:path";
import type { ImageProfile } from "@imagespec/core";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import type { FlytekitSpec } from "../spec/flytekit-spec.ts";
import { decodeSpec, isRecord, type JsonValue } from "./python-json.ts";

/** A flytekit spec with what flytekit knows of its surroundings: what another program hands over to have it built. */
export interface FlytekitRequest {
  /** flytekit's version. */
  readonly version: string;
  /** The running Python's minor. */
  readonly python: string;
  readonly machine: string | undefined;
  /** Absolute: flytekit's working directory. */
  readonly root: string | undefined;
  readonly loadedModules: readonly string[] | undefined;
  /** For `_F_IMG_ID`; `null` for an image without it. @default computed here */
  readonly id: string | null | undefined;
  /** The tag that flytekit computed, to compare with. */
  readonly tag: string | undefined;
  readonly builtNames: ReadonlyMap<string, string> | undefined;
  readonly requirement: string | null | undefined;
  readonly profile: ImageProfile | undefined;
  readonly spec: FlytekitSpec;
}

const keys: readonly string[] = [
  "$schema",
  "contract",
  "flytekit",
  "python",
  "machine",
  "root",
  "loaded_modules",
  "id",
  "tag",
  "built_names",
  "requirement",
  "profile",
  "spec",
];

/**
 * Reads a request: the JSON document that {@link flytekitRequestSchema} describes.
 *
 * @throws SPEC_FILE_UNREADABLE for what is no JSON; FLYTEKIT_UNSUPPORTED, with all problems, for what is no request
 */
export function parseFlytekitRequest(text: string, { file }: { readonly file: string }): FlytekitRequest {
  const document = parseJson(text, file);
  const problems: SpecProblem[] = [];
  const add = (path: string, message: string): void => {
    problems.push({ code: "FLYTEKIT_UNSUPPORTED", path, message });
  };
  const record: { readonly [key: string]: JsonValue } = isRecord(document) ? document : {};
  if (!isRecord(document)) add("", "the request is not an object");
  for (const key of Object.keys(record)) if (!keys.includes(key)) add(key, `"${key}" is not a field of a request`);
  if (record["contract"] !== 1) add("contract", `contract ${JSON.stringify(record["contract"] ?? null)} is not known`);
  const text_ = (key: string, isNeeded = false): string | undefined => {
    const value = record[key];
    if (typeof value === "string") return value;
    if (value !== undefined) add(key, `${key} is not a text`);
    else if (isNeeded) add(key, `${key} is missing`);
    return undefined;
  };
  const nullable = (key: string): string | null | undefined => (record[key] === null ? null : text_(key));
  const version = text_("flytekit", true) ?? "";
  const python = text_("python", true) ?? "";
  const root = text_("root");
  if (root !== undefined && !isAbsolute(root)) add("root", `"${root}" is not an absolute path`);
  const profile = text_("profile");
  if (profile !== undefined && profile !== "imagespec" && profile !== "flytekit")
    add("profile", `"${profile}" is not a profile`);
  const { loaded_modules: modules, built_names: names, spec } = record;
  const isList = Array.isArray(modules) && modules.every((item) => typeof item === "string");
  if (modules !== undefined && !isList) add("loaded_modules", "loaded_modules is not a list of texts");
  const pairs = isRecord(names) ? Object.entries(names) : [];
  if (names !== undefined && (!isRecord(names) || pairs.some(([, name]) => typeof name !== "string")))
    add("built_names", "built_names is not a mapping of texts");
  if (!isRecord(spec)) add("spec", "spec is not an object");
  const [first, ...others] = problems;
  if (first !== undefined) {
    const more = others.length === 0 ? "" : `, and ${others.length} more problems`;
    throw new ImageSpecError("FLYTEKIT_UNSUPPORTED", `${file}: ${first.message}${more}`, {
      hint: 'write what "imagespec schema flytekit" describes',
      problems,
      details: { file },
    });
  }
  return {
    version,
    python,
    machine: text_("machine"),
    root,
    // Checked above.
    loadedModules: isList ? (modules as readonly string[]) : undefined,
    id: nullable("id"),
    tag: text_("tag"),
    builtNames: names === undefined ? undefined : new Map(pairs.map(([name, real]) => [name, String(real)])),
    requirement: nullable("requirement"),
    // Checked above.
    profile: profile as ImageProfile | undefined,
    spec: decodeSpec(isRecord(spec) ? spec : {}, "spec"),
  };
}

/** Whether a text is a request, not a spec file: JSON with the key `spec`. */
export function isFlytekitRequest(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === "object" && document !== null && "spec" in document;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function parseJson(text: string, file: string): JsonValue {
  try {
    // JSON.parse makes JSON values only.
    return JSON.parse(text.replace(/^\uFEFF/, "")) as JsonValue;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ImageSpecError("SPEC_FILE_UNREADABLE", `${file}: ${error.message}`, {
      hint: "correct the JSON",
      details: { file },
      cause: error,
    });
  }
}
