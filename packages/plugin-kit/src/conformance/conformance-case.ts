import type { Capability } from "@imagespec/core";
import type { Session } from "./session/session.ts";

/** What a test is about, in the order of a report. */
export const conformanceGroups = [
  "definition",
  "selection",
  "events",
  "errors",
  "abort",
  "existence",
  "outputs",
  "concurrency",
  "image contract",
  "secrets",
  "reference",
] as const;

/** One of the groups of tests. */
export type ConformanceGroup = (typeof conformanceGroups)[number];

/** One test of the suite. */
export interface ConformanceCase {
  readonly group: ConformanceGroup;
  /** Stable: the title is for people. Unique in the group. */
  readonly id: string;
  /** A sentence about builders: "rejects with ABORTED when ...". */
  readonly title: string;
  /** Capabilities without which there is nothing to test. */
  readonly needs?: readonly Capability[];
  /** Only for builders that declare `appendableSource`. @default for all */
  readonly isForAppendable?: boolean;
  /** @throws BUILDER_CONTRACT saying what the builder does and what to change */
  run(session: Session): Promise<void>;
}
