import type { OptionTable } from "../arguments/option.ts";
import { displayOptions, engineOptions } from "./engine-options.ts";

const { insecure: _insecure, mirror: _mirror, ca: _ca, ...local } = engineOptions;

/** Options of commands that look at this machine only. */
export const storeOptions: OptionTable = { ...local, ...displayOptions };
