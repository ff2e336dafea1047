import type { CliPlugin } from "@imagespec/core";
import { doctorChecks } from "./doctor/checks.ts";
import { awsCommand } from "./policy/aws-command.ts";

/** What the command `imagespec` gets from this plugin: `imagespec aws policy`, and checks for `imagespec doctor`. */
export const cli: CliPlugin = { commands: [awsCommand], doctor: doctorChecks };
