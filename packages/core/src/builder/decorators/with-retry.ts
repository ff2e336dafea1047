import { setTimeout as delay } from "node:timers/promises";
import { abortedError, type ErrorCode, ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { BuilderEvent } from "../../events/events.ts";
import type { BuildRequest, ImageSpecBuilder } from "../builder.ts";
import { decorated } from "./decorated.ts";

/** How often, and what for. */
export interface RetryOptions {
  /** Builds in all, the first included. @default 3 */
  readonly attempts?: number;
  /** Milliseconds before the second build; doubled before each further one. @default 1000 */
  readonly delayMs?: number;
  /** Whether another build may succeed. @default a registry, index or daemon that does not answer, or broke off */
  readonly isTemporary?: (error: unknown) => boolean;
}

const temporaryCodes: ReadonlySet<ErrorCode> = new Set([
  "REGISTRY_DOWN",
  "REGISTRY_RATE_LIMITED",
  "INDEX_DOWN",
  "ENGINE_DOWN",
  "ENGINE_LOST",
  "STALLED",
]);

/**
 * The builder, building again after failures that pass. Steps of a later build get ids of their own: `push#2`.
 *
 * @throws CONFIG_INVALID for a number of attempts that is no whole number above 0
 */
export function withRetry(builder: ImageSpecBuilder, options: RetryOptions = {}): ImageSpecBuilder {
  const { attempts = 3, delayMs = 1000, isTemporary = isTemporaryError } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new ImageSpecError(
      "CONFIG_INVALID",
      `"${attempts}" attempts of builder "${builder.name}" are no number of builds`,
      {
        hint: "use a whole number, 1 or more",
      },
    );
  }
  return decorated(builder, async (spec, request) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await builder.build(spec, attempt === 1 ? request : { ...request, emit: numbered(request, attempt) });
      } catch (error) {
        if (request.signal.aborted || attempt === attempts || !isTemporary(error)) throw error;
        const waitMs = delayMs * 2 ** (attempt - 1);
        const reason = error instanceof Error ? error.message : String(error);
        request.emit({ type: "retry", what: "build", attempt, delayMs: waitMs, reason });
        await wait(waitMs, request.signal);
      }
    }
  });
}

function isTemporaryError(error: unknown): boolean {
  return isImageSpecError(error) && temporaryCodes.has(error.code);
}

/** A step that has ended gets no further state, so a second build has steps of its own. */
function numbered({ emit }: BuildRequest, attempt: number): (event: BuilderEvent) => void {
  return (event) => {
    if (event.type === "step") emit({ ...event, id: `${event.id}#${attempt}` });
    else if ((event.type === "log" || event.type === "transfer") && event.step !== undefined) {
      emit({ ...event, step: `${event.step}#${attempt}` });
    } else emit(event);
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? abortedError(signal) : error;
  }
}
