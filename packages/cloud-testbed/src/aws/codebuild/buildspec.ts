import { parse } from "yaml";
import { PhaseFailure } from "./phase-failure.ts";

export interface BuildspecPhase {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure: "ABORT" | "CONTINUE" | undefined;
}

export type PhaseName = "install" | "pre_build" | "build" | "post_build";

/** A buildspec as CodeBuild reads it. */
export interface Buildspec {
  readonly version: "0.1" | "0.2";
  readonly shell: "sh" | "bash";
  readonly variables: Readonly<Record<string, string>>;
  readonly parameterStore: Readonly<Record<string, string>>;
  readonly secretsManager: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly phases: Readonly<Partial<Record<PhaseName, BuildspecPhase>>>;
}

type Table = Readonly<Record<string, unknown>>;

const phaseNames: readonly PhaseName[] = ["install", "pre_build", "build", "post_build"];

/** @throws PhaseFailure YAML_FILE_ERROR */
export function parseBuildspec(text: string): Buildspec {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw invalid(String((error as Error).message).split("\n")[0] ?? "");
  }
  const root = tableOf(document, "buildspec");
  const version = String(root["version"]);
  if (version !== "0.1" && version !== "0.2") throw invalid("invalid buildspec version");
  const env = tableOf(root["env"] ?? {}, "env");
  const shell = env["shell"] ?? "sh";
  if (shell !== "sh" && shell !== "bash") throw invalid(`Unsupported shell: ${String(shell)}`);
  if (root["run-as"] !== undefined) throw unplayed("run-as");
  if (root["batch"] !== undefined) throw unplayed("batch");
  return {
    version,
    shell,
    variables: textsOf(env["variables"], "variables"),
    parameterStore: textsOf(env["parameter-store"], "parameter-store"),
    secretsManager: textsOf(env["secrets-manager"], "secrets-manager"),
    exportedVariables: listOf(env["exported-variables"], "exported-variables"),
    phases: phasesOf(root["phases"]),
  };
}

function phasesOf(value: unknown): Buildspec["phases"] {
  const table = tableOf(value ?? {}, "phases");
  const entries = Object.entries(table);
  if (entries.length === 0) throw invalid("At least one phase is required in YAML");
  const phases: Partial<Record<PhaseName, BuildspecPhase>> = {};
  for (const [name, content] of entries) {
    const known = phaseNames.find((each) => each === name);
    if (known === undefined) {
      throw invalid(`Invalid buildspec phase name: ${name}. Expecting: ${phaseNames.join(",").toUpperCase()}`);
    }
    const phase = tableOf(content ?? {}, name);
    if (phase["run-as"] !== undefined) throw unplayed("run-as");
    const onFailure = phase["on-failure"];
    if (typeof onFailure === "string" && onFailure.startsWith("RETRY")) throw unplayed(`on-failure: ${onFailure}`);
    if (onFailure !== undefined && onFailure !== "ABORT" && onFailure !== "CONTINUE") {
      throw invalid(`Invalid on-failure value: ${String(onFailure)}`);
    }
    phases[known] = {
      commands: listOf(phase["commands"], "Commands"),
      finally: listOf(phase["finally"], "Finally"),
      onFailure,
    };
  }
  return phases;
}

function tableOf(value: unknown, name: string): Table {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`Expected ${name} to be a map`);
  // Checked in the line above.
  return value as Table;
}

function textsOf(value: unknown, name: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const texts = Object.entries(tableOf(value, name)).map(([key, text]) => {
    if (typeof text === "object") throw invalid(`Expected ${name}.${key} to be of string type`);
    return [key, String(text)] as const;
  });
  return Object.fromEntries(texts);
}

function listOf(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`Expected ${name} to be a list`);
  return value.map((entry, index) => {
    if (typeof entry === "object") {
      throw invalid(`Expected ${name}[${index}] to be of string type: found subkeys instead`);
    }
    return String(entry);
  });
}

function invalid(why: string): PhaseFailure {
  return new PhaseFailure("YAML_FILE_ERROR", why);
}

function unplayed(what: string): PhaseFailure {
  return new PhaseFailure("INTERNAL_ERROR", `the test-bed does not play "${what}"`, "FAULT");
}
