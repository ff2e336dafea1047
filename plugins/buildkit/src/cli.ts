import type { CliPlugin } from "@imagespec/core";
import { buildxCheck } from "./doctor/buildx-check.ts";
import { daemonCheck } from "./doctor/daemon-check.ts";

/** What the command `imagespec` gets from this plugin: checks for `imagespec doctor`. */
export const cli: CliPlugin = { commands: [], doctor: [daemonCheck, buildxCheck] };
