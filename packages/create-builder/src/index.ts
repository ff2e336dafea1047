export { type BuilderNames, builderNames } from "./builder-names.ts";
export { type ScaffoldOptions, scaffoldBuilder } from "./scaffold-builder.ts";
