import { definitionCases } from "./cases/definition.ts";
import { eventCases } from "./cases/events.ts";
import { selectionCases } from "./cases/selection.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Every test of the suite, in the order in which they run. */
export const allCases: readonly ConformanceCase[] = [...definitionCases, ...selectionCases, ...eventCases];
