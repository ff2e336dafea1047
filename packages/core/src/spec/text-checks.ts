import type { Finding } from "./field-shape.ts";
import { splitOptions } from "./pip-options.ts";

/** Python minors that images can have. */
const oldestPython = 8;
const newestPython = 15;

/** `3.12` or `3.12.4` */
export function pythonVersionFinding(text: string): Finding | undefined {
  const match = /^3\.(\d{1,2})(?:\.\d{1,3})?$/.exec(text);
  if (match !== null) {
    const minor = Number(match[1]);
    if (minor >= oldestPython && minor <= newestPython) return undefined;
    return {
      message: `"${text}" is not a supported Python version`,
      hint: `use 3.${oldestPython} to 3.${newestPython}${minor === 1 ? '; "3.10" must be quoted in YAML' : ""}`,
    };
  }
  const inside = /3\.\d{1,2}(?:\.\d{1,3})?/.exec(text)?.[0];
  return {
    message: `"${text}" is not a Python version`,
    hint: inside === undefined ? 'write it as in "3.12" or "3.12.4"' : `write "${inside}"`,
  };
}

export function absolutePathFinding(text: string): Finding | undefined {
  if (!text.startsWith("/"))
    return { message: `"${text}" is not an absolute path`, hint: `write "/${text.replace(/^(?:\.?\/)+/, "")}"` };
  if (/[\r\n]/.test(text)) return { message: `"${text}" has a line break`, hint: "remove it" };
  return text.split("/").includes("..")
    ? { message: `"${text}" has ".."`, hint: "write the path without it" }
    : undefined;
}

/** Relative and inside of the root. */
export function insidePathFinding(text: string): Finding | undefined {
  const outside = relativePathFinding(text);
  if (outside !== undefined) return outside;
  let depth = 0;
  for (const part of text.split("/")) {
    if (part === "..") depth--;
    else if (part !== "." && part !== "") depth++;
    if (depth < 0) {
      return {
        code: "SPEC_PATH_OUTSIDE",
        message: `"${text}" leaves the root folder`,
        hint: "move the file into the root folder, or give a root folder further up",
      };
    }
  }
  return undefined;
}

/** Relative; `..` is allowed. */
export function relativePathFinding(text: string): Finding | undefined {
  if (text === "") return { message: '"" is empty', hint: 'write "." for the root folder' };
  if (/^(?:\/|[A-Za-z]:[\\/]|~\/)/.test(text)) {
    return {
      code: "SPEC_PATH_OUTSIDE",
      message: `"${text}" is not relative to the root folder`,
      hint: "write the path relative to the folder of the spec; in code, pass the folder as root",
    };
  }
  return undefined;
}

const account = "(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}\\$?|\\d{1,10})";
const userPattern = new RegExp(`^${account}(?::${account})?$`);

/** `name`, `uid`, `user:group` */
export function userFinding(text: string): Finding | undefined {
  const ids = text.split(":").filter((part) => /^\d+$/.test(part));
  if (userPattern.test(text) && ids.every((id) => Number(id) < 4_294_967_295)) return undefined;
  return { message: `"${text}" is not a user`, hint: 'write a name, a uid, or both user and group as in "1000:1000"' };
}

const dateTime = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** An RFC 3339 date or time, as the UTC time from which on nothing is used; nothing when it is neither. */
export function parseCutoff(text: string): string | undefined {
  const match = dateTime.exec(text);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", hour] = match;
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // A day that the month does not have rolls over to the next month, or is no date at all.
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined;
  const time = hour === undefined ? midnight.getTime() + 86_400_000 : Date.parse(text.toUpperCase());
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(".000Z", "Z");
}

export function cutoffFinding(text: string): Finding | undefined {
  if (parseCutoff(text) !== undefined) return undefined;
  return {
    message: `"${text}" is not an RFC 3339 date or time`,
    hint: 'write it as in "2026-08-01" or "2026-08-01T12:00:00Z"',
  };
}

/** A CUDA or cuDNN version. */
export function cudaVersionFinding(text: string): Finding | undefined {
  if (/^\d{1,2}(?:\.\d{1,3}){0,3}$/.test(text)) return undefined;
  return { message: `"${text}" is not a version`, hint: 'write it as in "12.4"' };
}

export function commandFinding(text: string): Finding | undefined {
  return text.trim() === "" ? { message: `"${text}" is an empty command`, hint: "remove it" } : undefined;
}

export function envNameFinding(text: string): Finding | undefined {
  if (text === "") return { message: '"" is not a variable name', hint: "name the variable" };
  if (text.includes("=")) return { message: `"${text}" has "="`, hint: "write name and value apart" };
  if (/[\r\n]/.test(text)) return { message: `"${text}" has a line break`, hint: "remove it" };
  if (/^IMAGESPEC_/.test(text)) {
    return { message: `"${text}" is reserved`, hint: 'use a name that does not begin with "IMAGESPEC_"' };
  }
  return undefined;
}

export function labelKeyFinding(text: string): Finding | undefined {
  if (text === "" || /[=\s]/.test(text)) {
    return { message: `"${text}" is not a label`, hint: 'write it as in "org.opencontainers.image.source"' };
  }
  if (/^dev\.imagespec(?:\.|$)/.test(text)) {
    return { message: `"${text}" is reserved`, hint: 'use a label that does not begin with "dev.imagespec."' };
  }
  return undefined;
}

export function secretIdFinding(text: string): Finding | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)) return undefined;
  return {
    message: `"${text}" is not a secret id`,
    hint: "use letters, digits, . _ and -, at most 128, beginning with a letter or digit",
  };
}

export function secretStepFinding(text: string): Finding | undefined {
  if (text === "packages" || text === "commands" || /^commands\[(?:0|[1-9]\d*)\]$/.test(text)) return undefined;
  return { message: `"${text}" is not a step`, hint: 'use "packages", "commands" or "commands[0]"' };
}

export function nonEmptyFinding(text: string): Finding | undefined {
  return text === "" ? { message: '"" is empty', hint: "write a value, or leave the field out" } : undefined;
}

export function builderNameFinding(text: string): Finding | undefined {
  if (/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text)) return undefined;
  return { message: `"${text}" is not the name of a builder`, hint: 'write it as in "buildkit" or "aws-codebuild"' };
}

const refusedFiles: readonly (readonly [RegExp, string])[] = [
  [/^pyproject\.toml$/i, "lock the project and name uv.lock or poetry.lock"],
  [/^environment\.ya?ml$/i, "list its packages in condaPackages and packages"],
  [
    /^(?:Pipfile|pdm|pixi|conda)[.-]?lock(?:\.ya?ml)?$/i,
    "export it to a pylock.toml or requirements.txt and name that",
  ],
  [
    /\.(?:toml|lock|json|ya?ml|cfg|py|ipynb|whl|zip|gz)$/i,
    "name a requirements.txt, pylock.toml, uv.lock or poetry.lock",
  ],
];

/** The name decides what the file is read as. */
export function requirementsFileFinding(text: string): Finding | undefined {
  const outside = relativePathFinding(text);
  if (outside !== undefined) return outside;
  const name = text.slice(text.lastIndexOf("/") + 1);
  if (/^(?:uv\.lock|poetry\.lock|pylock(?:\.[^.]+)?\.toml)$/.test(name)) return undefined;
  const refused = refusedFiles.find(([pattern]) => pattern.test(name));
  return refused === undefined
    ? undefined
    : { message: `"${text}" is not a requirements or lock file`, hint: refused[1] };
}

/** `--index-url` and its like have fields of their own; others make no sense in an image. */
const refusedOptions: readonly (readonly [RegExp, string])[] = [
  [/^(?:-i|--index-url|--pypi-url)$/, "use the field pipIndex"],
  [/^--extra-index-url$/, "use the field pipExtraIndexUrl"],
  [/^(?:-r|--requirement|--requirements)$/, "use the field requirements"],
  [/^(?:-c|--constraint|--constraints)$/, "write the constraint with -c into a requirements file"],
  [/^(?:-e|--editable)$/, "copy the project with sourceRoot"],
  [
    /^(?:-t|--target|--prefix|--root|--user|--system|--python|--break-system-packages)$/,
    "remove it: packages are installed into the image's virtual environment",
  ],
  [/^--exclude-newer$/, "use the field excludeNewer"],
];

export function pipExtraArgsFinding(text: string): Finding | undefined {
  const options = splitOptions(text);
  if (options === undefined) return { message: `"${text}" has an open quote`, hint: "close the quote" };
  const [first] = options;
  if (first !== undefined && !first.startsWith("-")) {
    return { message: `"${first}" is not an option`, hint: "list packages in packages; options begin with -" };
  }
  for (const option of options) {
    const name = option.split("=", 1)[0] ?? option;
    const refused = refusedOptions.find(([pattern]) => pattern.test(name));
    if (refused !== undefined)
      return { code: "SPEC_CONFLICT", message: `"${name}" does not belong into pipExtraArgs`, hint: refused[1] };
  }
  return undefined;
}
