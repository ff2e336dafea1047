import type { CliPlugin } from "@imagespec/core";
import { googleChecks } from "./doctor/google-checks.ts";
import { gcpCommand } from "./policy/gcp-command.ts";

/** What the command `imagespec` gets from this plugin: `imagespec gcp policy`, and checks for `imagespec doctor`. */
export const cli: CliPlugin = { commands: [gcpCommand], doctor: [googleChecks] };
