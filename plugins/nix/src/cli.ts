import type { CliPlugin } from "@imagespec/core";
import { nixCommand } from "./command/nix-command.ts";
import { nixChecks } from "./doctor/nix-checks.ts";

/** What the command `imagespec` gets from this plugin: `imagespec nix`, and checks for `imagespec doctor`. */
export const cli: CliPlugin = { commands: [nixCommand], doctor: nixChecks };
