import { execFile } from "node:child_process";
import { ImageSpecError, suggest, systemCodeOf } from "@imagespec/errors";
import { isPlainObject } from "./check-shape.ts";
import { normalizePackageName } from "./requirement.ts";

export interface PythonEnvironment {
  /** `3.12` */
  readonly pythonVersion: string;
  /** `name==version` for each package asked for. */
  readonly pinned: readonly string[];
}

const script = `
import json, sys
from importlib import metadata
versions = {}
for distribution in metadata.distributions():
    name = distribution.metadata["Name"]
    if name and name not in versions:
        versions[name] = distribution.version
print(json.dumps({"python": "%d.%d" % sys.version_info[:2], "versions": versions}))
`;

/**
 * Asks a local interpreter for its minor version and the versions of installed packages.
 *
 * @throws SPEC_FILE_MISSING, SPEC_PACKAGE_NOT_FOUND, SPEC_FILE_UNREADABLE when the interpreter fails
 */
export async function inspectPythonEnvironment(
  packages: readonly string[],
  python?: string,
): Promise<PythonEnvironment> {
  const { python: pythonVersion, versions } = await ask(python);
  const installed = new Map(Object.entries(versions).map(([name, version]) => [normalizePackageName(name), version]));
  const pinned: string[] = [];
  for (const [index, name] of packages.entries()) {
    const version = installed.get(normalizePackageName(name));
    if (version === undefined) {
      const meant = suggest(normalizePackageName(name), installed.keys());
      throw new ImageSpecError("SPEC_PACKAGE_NOT_FOUND", `pinnedPackages[${index}]: "${name}" is not installed`, {
        hint:
          meant === undefined ? "install it into the environment, or list it in packages" : `did you mean "${meant}"?`,
        details: { path: `pinnedPackages[${index}]` },
      });
    }
    pinned.push(`${name}==${version}`);
  }
  return { pythonVersion, pinned };
}

async function ask(python: string | undefined): Promise<{ python: string; versions: Record<string, string> }> {
  const candidates = python === undefined ? ["python3", "python"] : [python];
  for (const candidate of candidates) {
    const output = await run(candidate);
    if (output === undefined) continue;
    const answer: unknown = JSON.parse(output);
    if (isPlainObject(answer) && typeof answer["python"] === "string" && isPlainObject(answer["versions"])) {
      // The script prints names and versions, which are strings.
      return { python: answer["python"], versions: answer["versions"] as Record<string, string> };
    }
  }
  throw new ImageSpecError("SPEC_FILE_MISSING", `there is no interpreter "${candidates.join('" or "')}"`, {
    hint: "give the path of one as python",
  });
}

/** Nothing when there is no such program. */
function run(python: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, timeout: 60_000 } as const;
    execFile(python, ["-c", script], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (systemCodeOf(error) === "ENOENT") resolve(undefined);
      else {
        reject(
          new ImageSpecError("SPEC_FILE_UNREADABLE", `"${python}" could not list its packages`, {
            hint: "give the path of a Python 3.8 or newer as python",
            cause: error,
            logTail: stderr.trim().split("\n").slice(-20),
          }),
        );
      }
    });
  });
}
