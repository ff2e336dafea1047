export { assemble } from "./assemble.ts";
export type { AssembleBuilderOptions } from "./assemble-builder-options.ts";
