import { abortCases } from "./cases/abort.ts";
import { concurrencyCases } from "./cases/concurrency.ts";
import { definitionCases } from "./cases/definition.ts";
import { errorCases } from "./cases/errors.ts";
import { eventCases } from "./cases/events.ts";
import { executionCases } from "./cases/execution.ts";
import { existenceCases } from "./cases/existence.ts";
import { imageContractCases } from "./cases/image-contract.ts";
import { imageVariantCases } from "./cases/image-variants.ts";
import { outputCases } from "./cases/outputs.ts";
import { referenceCases } from "./cases/reference.ts";
import { secretCases } from "./cases/secrets.ts";
import { selectionCases } from "./cases/selection.ts";
import { sourceAppendCases } from "./cases/source-append.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** Every test of the suite, in the order in which they run. */
export const allCases: readonly ConformanceCase[] = [
  ...definitionCases,
  ...selectionCases,
  ...eventCases,
  ...errorCases,
  ...abortCases,
  ...existenceCases,
  ...outputCases,
  ...concurrencyCases,
  ...imageContractCases,
  ...imageVariantCases,
  ...sourceAppendCases,
  ...executionCases,
  ...secretCases,
  ...referenceCases,
];
