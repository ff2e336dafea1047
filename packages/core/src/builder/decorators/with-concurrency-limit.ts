import { ImageSpecError } from "@imagespec/errors";
import { Limiter } from "../../engine/limiter.ts";
import type { ImageSpecBuilder } from "../builder.ts";
import { decorated } from "./decorated.ts";

/**
 * The builder, working on at most so many images at once; others wait in order, and leave the queue when they are aborted.
 *
 * @throws CONFIG_INVALID for a limit that is no whole number above 0
 */
export function withConcurrencyLimit(builder: ImageSpecBuilder, limit: number): ImageSpecBuilder {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new ImageSpecError(
      "CONFIG_INVALID",
      `the limit "${limit}" of builder "${builder.name}" is no number of builds`,
      {
        hint: "use a whole number, 1 or more",
      },
    );
  }
  const limiter = new Limiter(limit);
  return decorated(builder, (spec, request) => limiter.run(request.signal, () => builder.build(spec, request)));
}
