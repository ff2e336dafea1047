import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { limitTime, untilAborted } from "../../engine/time-limit.ts";
import type { ImageSpecBuilder } from "../builder.ts";
import { decorated } from "./decorated.ts";

/**
 * The builder, with a limit of milliseconds for each build. When the time is up the build is aborted, and rejects with
 * BUILD_TIMEOUT at once, whether or not the builder heeds that.
 *
 * @throws CONFIG_INVALID for a limit that is no number above 0
 */
export function withTimeout(builder: ImageSpecBuilder, timeoutMs: number): ImageSpecBuilder {
  if (!(timeoutMs > 0)) {
    throw new ImageSpecError(
      "CONFIG_INVALID",
      `the time limit "${timeoutMs}" of builder "${builder.name}" is no time`,
      {
        hint: "use a number of milliseconds above 0",
      },
    );
  }
  return decorated(builder, async (spec, request) => {
    throwIfAborted(request.signal);
    using limit = limitTime(timeoutMs, request.signal);
    const { signal } = limit;
    // Without the clock, an abort by the caller is the builder's own matter: it is not left while it tidies up.
    const timeUp = new AbortController();
    signal.addEventListener("abort", () => request.signal.aborted || timeUp.abort(signal.reason), { once: true });
    let isLeft = false;
    const emit: typeof request.emit = (event) => {
      if (!isLeft) request.emit(event);
    };
    try {
      return await untilAborted(timeUp.signal, () => builder.build(spec, { ...request, signal, emit }));
    } finally {
      isLeft = true;
    }
  });
}
