import type { CliPlugin } from "@imagespec/core";
import { cacheCheck } from "./doctor/cache-check.ts";
import { debianCheck } from "./doctor/debian-check.ts";
import { indexCheck } from "./doctor/index-check.ts";
import { uvCheck } from "./doctor/uv-check.ts";

/** What the command `imagespec` gets from this plugin: checks for `imagespec doctor`. */
export const cli: CliPlugin = { commands: [], doctor: [uvCheck, indexCheck, debianCheck, cacheCheck] };
