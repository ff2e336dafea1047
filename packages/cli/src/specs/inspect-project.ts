import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { defaultPythonVersion } from "@imagespec/core";

/** What a project folder shows about the image that its code needs. */
export interface ProjectFacts {
  readonly name: string;
  readonly python: string;
  /** A lock file or requirements file to install from. */
  readonly requirements: string | undefined;
  /** Folder with the code. */
  readonly sourceRoot: string | undefined;
  /** Module that can be run by `python -m`. */
  readonly module: string | undefined;
}

const lockFiles = ["pylock.toml", "uv.lock", "poetry.lock", "requirements.txt"];

/** Looks at the top of a folder, and at its `src`. */
export async function inspectProject(folder: string): Promise<ProjectFacts> {
  const names = await readdir(folder);
  const has = (name: string): boolean => names.includes(name);
  const pyproject = has("pyproject.toml") ? await readFile(join(folder, "pyproject.toml"), "utf8") : "";
  const pinned = has(".python-version") ? await readFile(join(folder, ".python-version"), "utf8") : "";
  const sourceRoot = has("src") ? "src" : undefined;
  return {
    name: repositoryName(projectField(pyproject, "name") ?? basename(folder)),
    python: minorOf(pinned) ?? leastPython(projectField(pyproject, "requires-python") ?? ""),
    requirements: lockFiles.find(has),
    sourceRoot,
    module: sourceRoot === undefined ? undefined : await runnableModule(join(folder, sourceRoot)),
  };
}

/** A text of the `[project]` table: enough for a first draft, which the user reads. */
function projectField(toml: string, key: string): string | undefined {
  const lines = toml.split(/\r?\n/).map((line) => line.trim());
  const table = lines.slice(lines.indexOf("[project]") + 1);
  const end = table.findIndex((line) => line.startsWith("["));
  const field = new RegExp(`^${key}\\s*=\\s*["']([^"']+)["']`);
  return table
    .slice(0, end === -1 ? undefined : end)
    .map((line) => field.exec(line)?.[1])
    .find((value) => value !== undefined);
}

function minorOf(text: string): string | undefined {
  return /\b(3\.\d+)/.exec(text)?.[1];
}

/** The least Python that a project accepts, unless that is an old one that few packages still have wheels for. */
function leastPython(range: string): string {
  const minor = minorOf(range);
  return minor !== undefined && Number(minor.slice(2)) >= 10 ? minor : defaultPythonVersion;
}

function repositoryName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return name === "" ? "image" : name;
}

async function runnableModule(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory()) continue;
    if ((await readdir(join(folder, entry.name))).includes("__main__.py")) return entry.name;
  }
  return entries.some((entry) => entry.isFile() && entry.name === "main.py") ? "main" : undefined;
}
