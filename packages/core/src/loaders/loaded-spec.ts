import type { ImageSpec } from "../spec/image-spec.ts";

/** A place in a spec file. */
export interface SpecLocation {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** UTF-16 code units to mark, at least 1, within the line. */
  readonly length: number;
  readonly lineText: string;
}

export interface LoadedSpec {
  readonly spec: ImageSpec;
  /** As it was given. */
  readonly file: string;
  /** Absolute folder of the file: the root of the spec's paths. */
  readonly root: string;
  /** Which one of the file: the export's name, or the position in it. */
  readonly key: string;
  /** What its lock file is named after: the spec's name, else the file's. */
  readonly lockName: string;
  /** The place of a field path in the file; nothing for modules. */
  locate(path: string): SpecLocation | undefined;
}

/** The specs of a file, in its order. */
export interface SpecFile {
  readonly specs: readonly LoadedSpec[];
}
