export type { CatalogueEntry, ErrorCode, ErrorOrigin, SharedErrorCode } from "./catalogue.ts";
export { catalogueEntry, defineErrors, originOf, sharedErrors } from "./catalogue.ts";
export type { ImageSpecErrorOptions, SpecProblem } from "./error.ts";
export { abortedError, ImageSpecError, isImageSpecError, messageOf, systemCodeOf, throwIfAborted } from "./error.ts";
export { redact, registerSecret } from "./redact.ts";
export { suggest } from "./suggest.ts";
