import type { CliPlugin } from "@imagespec/core";
import { availability } from "./availability.ts";
import type { BuildahOptions } from "./buildah.ts";

/** A check for `imagespec doctor`. */
export const cli: CliPlugin = {
  commands: [],
  doctor: [
    {
      name: "buildah",
      async run({ options, signal }) {
        // The command hands on what the configuration file has for the factory.
        const found = await availability(options as BuildahOptions | undefined, signal);
        if (found.available) return [{ status: "ok", message: "buildah works here" }];
        return [{ status: "warning", message: found.reason, hint: found.hint }];
      },
    },
  ],
};
