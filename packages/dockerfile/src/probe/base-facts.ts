import type { TargetEnvironment } from "@imagespec/core";

/** What must be known of a base before a Dockerfile can be written for it. */
export interface BaseFacts {
  /** The interpreter on its PATH, or that of the spec's `pythonExec`; behind a virtual environment, the one it stands on. */
  readonly python:
    | {
        /** Absolute, links resolved: `/usr/local/bin/python3.12`. */
        readonly path: string;
        /** `3.12.4` */
        readonly version: string;
      }
    | undefined;
  readonly libc: TargetEnvironment["libc"] | undefined;
  /** What is installed in the base's `/opt/venv`: normalised name → version. */
  readonly distributions: Readonly<Record<string, string>>;
  /** What the interpreter itself sees; these are constraints with `pythonExec`. */
  readonly pythonDistributions: Readonly<Record<string, string>>;
}
