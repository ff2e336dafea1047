import type { FolderAttributes, FolderFacts } from "@imagespec/image-store/layers";
import type { BaseLibc } from "./find-libc.ts";
import type { BasePython } from "./find-python.ts";

/** What the assembler needs to know of a base beside its config. */
export interface BaseFacts extends FolderFacts {
  readonly python: BasePython | undefined;
  readonly libc: BaseLibc | undefined;
  /** Content of `/etc/passwd` and `/etc/group`. */
  readonly passwd: string | undefined;
  readonly group: string | undefined;
  /** What is installed in `/opt/venv`: normalised name → version. */
  readonly distributions: Readonly<Record<string, string>>;
}

/** The facts of an empty base. */
export const emptyBaseFacts: BaseFacts = {
  python: undefined,
  libc: undefined,
  passwd: undefined,
  group: undefined,
  distributions: {},
  directoryLinks: {},
  directories: {},
};

/** Reads stored facts; nothing when they are of another form. */
export function parseBaseFacts(value: unknown): BaseFacts | undefined {
  if (!isRecord(value)) return undefined;
  const { python, libc, passwd, group, distributions, directoryLinks, directories } = value;
  const whole =
    (python === undefined || isRecord(python)) &&
    (libc === undefined || isRecord(libc)) &&
    isRecord(distributions) &&
    isRecord(directoryLinks) &&
    isRecord(directories);
  if (!whole) return undefined;
  return {
    // Written by this version of the package: the key under which facts are kept names the form.
    python: python as BasePython | undefined,
    libc: libc as BaseLibc | undefined,
    passwd: typeof passwd === "string" ? passwd : undefined,
    group: typeof group === "string" ? group : undefined,
    distributions: distributions as Readonly<Record<string, string>>,
    directoryLinks: directoryLinks as Readonly<Record<string, string>>,
    directories: directories as Readonly<Record<string, FolderAttributes>>,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
