import { abortDefects } from "./abort-defects.ts";
import type { BrokenBuilder } from "./broken-builder.ts";
import { errorsDefects } from "./errors-defects.ts";
import { eventsDefects } from "./events-defects.ts";
import { imageDefects } from "./image-defects.ts";
import { outputsDefects } from "./outputs-defects.ts";
import { secretsDefects } from "./secrets-defects.ts";
import { selectionDefects } from "./selection-defects.ts";

/** Every defect that the suite has to find, one at a time. */
export const allDefects: readonly BrokenBuilder[] = [
  ...selectionDefects,
  ...eventsDefects,
  ...errorsDefects,
  ...abortDefects,
  ...outputsDefects,
  ...imageDefects,
  ...secretsDefects,
];
