import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { pythonText } from "../convert/convert-spec.ts";
import { pythonRepr } from "../python/python-repr.ts";
import { CopyMode, dictEntries, isDict, isTruthy, PythonFloat } from "../python/python-value.ts";
import type { ConstructedSpec } from "../spec/construct-spec.ts";
import { type FlytekitField, type FlytekitSpec, flytekitFields } from "../spec/flytekit-spec.ts";
import { isKnownFlytekit } from "../spec/flytekit-version.ts";
import type { ImportNote } from "./import-flytekit-spec.ts";

interface QuirkContext {
  readonly root: string;
  readonly python: string;
  readonly version: string;
}

/** What flytekit passes over or changes in a spec without a word. */
export function findQuirks(
  given: FlytekitSpec,
  spec: ConstructedSpec,
  { root, python, version }: QuirkContext,
): readonly ImportNote[] {
  const notes: ImportNote[] = [];
  const add = (field: FlytekitField, text: string): void => void notes.push({ field, text });
  const place = (path: string): string => (isAbsolute(path) ? path : join(root, path));

  if (!isKnownFlytekit(version))
    add("name", `flytekit ${version} was not compared: the tag is that of the nearest known`);
  for (const field of ["name", "registry"] as const) {
    if (given[field] !== undefined && given[field] !== spec[field] && typeof spec[field] === "string")
      add(field, `written in lower case: "${spec[field]}"`);
  }
  for (const field of flytekitFields) {
    const value = spec[field];
    const isEmpty = (Array.isArray(value) && value.length === 0) || value === "";
    if (isEmpty && field !== "entrypoint") add(field, "empty is not the same as absent: it is in the tag");
  }
  if (spec.python_version instanceof PythonFloat || typeof spec.python_version === "number")
    add("python_version", `a number, ${pythonRepr(spec.python_version, python)}: YAML reads 3.10 as 3.1`);
  if (isDict(spec.env)) {
    for (const [key, value] of dictEntries(spec.env)) {
      const text = pythonText(value, python);
      const name = pythonText(key, python);
      if (typeof value !== "string" || typeof key !== "string") add("env", `${name} is no text and becomes "${text}"`);
      else if (/[\s"'\\$]/.test(text)) add("env", `${name} is written into the Dockerfile without quotes`);
    }
  }
  const { requirements, copy, source_root: source, source_copy_mode: mode } = spec;
  if (typeof requirements === "string" && requirements !== "") {
    const isLock = ["uv.lock", "poetry.lock"].includes(basename(requirements));
    if (isLock && existsSync(place(join(dirname(requirements), "pyproject.toml"))))
      add("requirements", "the pyproject.toml beside the lock is not in the tag");
    if (!isLock && /^\s*-[rc]\b|^\s*--(?:requirement|constraint)\b/m.test(readFileSync(place(requirements), "utf8")))
      add("requirements", "the files that it includes are not in the tag");
  }
  if (Array.isArray(copy)) {
    for (const path of copy.map(String))
      if (!existsSync(place(path))) add("copy", `"${path}" does not exist: the tag is computed without it`);
  }
  if (typeof source === "string" && !isAbsolute(source)) {
    if (mode === CopyMode.LOADED_MODULES)
      add("source_root", `"${source}" is relative: no module lies below it, nothing is copied`);
    else if (mode !== CopyMode.NO_COPY && mode !== undefined)
      add("source_root", `"${source}" is relative: ignore rules see its name in front of paths, and most miss`);
  }
  if (mode !== undefined && !(mode instanceof CopyMode))
    add("source_copy_mode", `${pythonRepr(mode, python)} is no member of CopyFileDetection: all files are copied`);
  if (isTruthy(spec.builder_options)) add("builder_options", "in the tag, and ignored by the default builder");
  if (isTruthy(spec.runtime_packages)) add("runtime_packages", "not in the tag");
  if (isTruthy(spec.pip_secret_mounts)) add("pip_secret_mounts", "neither files nor targets are in the tag");
  if (typeof spec.builder === "string" && spec.builder !== "") add("builder", `"${spec.builder}" is not in the tag`);
  return notes;
}
