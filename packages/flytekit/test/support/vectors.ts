import { readFileSync } from "node:fs";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JsonValue } from "../../src/request/python-json.ts";

/** A recorded case: what flytekit was given, and what it made of it. */
export interface SpecVector {
  readonly id: string;
  readonly spec: Readonly<Record<string, JsonValue>>;
  readonly calls?: readonly { readonly method: string; readonly args: readonly JsonValue[] }[];
  readonly factory?: string;
  readonly machine: string;
  readonly python_minor: string;
  readonly installed?: Readonly<Record<string, string>>;
  readonly prepare?: readonly (readonly string[])[];
  readonly loaded_modules?: readonly string[];
  readonly id_text?: string;
  readonly spec_id?: string;
  readonly tag_text?: string;
  readonly tag?: string;
  readonly image_name?: string;
  readonly image_name_after_build?: string;
  readonly error?: { readonly stage: string; readonly type: string; readonly message: string };
  readonly machine_dependent?: unknown;
  readonly fs_order_dependent?: Readonly<Record<"ascending" | "descending", { readonly tag: string }>>;
  readonly with_newer_unicode?: { readonly since_unicode: string; readonly tag: string };
}

export interface YamlVector {
  readonly id: string;
  readonly kind: "spec-file" | "identifiers";
  readonly file_text: string;
  readonly values: readonly string[];
  readonly tag?: string;
  readonly tag_text?: string;
  readonly image_name?: string;
  readonly image?: JsonValue;
  readonly default?: JsonValue;
  readonly images?: JsonValue;
  readonly error?: { readonly type: string; readonly message: string };
}

export interface BehaviourVector {
  readonly id: string;
  readonly inputs: Readonly<Record<string, JsonValue>>;
  readonly outcome: Readonly<Record<string, JsonValue>>;
}

interface FixtureFile {
  readonly path: string;
  readonly type: "file" | "symlink";
  readonly mode?: string;
  readonly text?: string;
  readonly base64?: string;
  readonly target?: string;
}

/** The versions whose behaviour was recorded. */
export const recordedVersions = ["1.15.4", "1.16.31"] as const;

/** The Python that recorded them. */
export const recordedPython = "3.11";

export function readVectors<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(`../vectors/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Writes the files that the cases read. */
export async function writeFixture(folder: string): Promise<void> {
  for (const file of readVectors<FixtureFile>("fixture")) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    if (file.type === "symlink") await symlink(file.target ?? "", path);
    else {
      await writeFile(path, file.base64 === undefined ? (file.text ?? "") : Buffer.from(file.base64, "base64"));
      await chmod(path, Number.parseInt(file.mode ?? "0644", 8));
    }
  }
}
