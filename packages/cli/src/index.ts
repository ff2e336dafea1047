export type { CommandContext, TextOutput } from "./command-context.ts";
export type { BuilderConfig, ImageSpecConfig } from "./config/config.ts";
export { defineConfig } from "./config/config.ts";
export { exitCodes } from "./exit-codes.ts";
export { main } from "./main.ts";
