import { type EngineAddress, engineConnectionError, engineDial } from "@imagespec/core";
import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type EngineImages, EngineRefusal } from "./engine-images.ts";
import type { EngineOperations } from "./engine-operations.ts";
import { pushImage } from "./push-image.ts";

/** Operations on the images of an Engine. The client behind them is loaded by the first one. */
export function createEngineOperations(address: EngineAddress): EngineOperations {
  let loading: Promise<EngineImages> | undefined;
  const images = async (): Promise<EngineImages> => {
    loading ??= load(address);
    return loading;
  };
  return engineOperations(address.host, images);
}

async function load(address: EngineAddress): Promise<EngineImages> {
  const [{ createDockerodeImages }, dial] = await Promise.all([import("./dockerode-adapter.ts"), engineDial(address)]);
  return createDockerodeImages(dial);
}

/** @internal */
export function engineOperations(address: string, images: () => Promise<EngineImages>): EngineOperations {
  /** Runs one call; `asked` completes "the engine, asked …". */
  const ask = async <T>(
    asked: string,
    signal: AbortSignal | undefined,
    call: (images: EngineImages) => Promise<T>,
  ): Promise<T> => {
    throwIfAborted(signal);
    try {
      return await call(await images());
    } catch (error) {
      throw signal?.aborted === true ? abortedError(signal) : engineFailure(address, asked, error);
    }
  };

  return {
    push: (reference, push) =>
      ask(`to push "${reference}"`, push.signal, (engine) => pushImage(engine, reference, push)),
    tag: (reference, target, { signal } = {}) =>
      ask(`to tag "${reference}" as "${target.repository}:${target.tag}"`, signal, (engine) =>
        engine.tag(reference, target, signal),
      ),
    async *save(reference, { signal }) {
      const asked = `for "${reference}"`;
      const stream = await ask(asked, signal, (engine) => engine.save(reference));
      const stop = () => stream.destroy();
      signal.addEventListener("abort", stop, { once: true });
      try {
        throwIfAborted(signal);
        yield* stream;
        throwIfAborted(signal);
      } catch (error) {
        throw signal.aborted ? abortedError(signal) : engineFailure(address, asked, error);
      } finally {
        signal.removeEventListener("abort", stop);
        stream.destroy();
      }
    },
    remove: (reference, { signal } = {}) =>
      ask(`to remove "${reference}"`, signal, async (engine) => {
        try {
          await orNothing(engine.remove(reference, signal));
        } catch (error) {
          // Engine 20.10 trips over itself when two tags of one image are removed at once.
          if (!(error instanceof EngineRefusal && /unrecognized image ID/.test(error.message))) throw error;
          await orNothing(engine.remove(reference, signal));
        }
      }),
    inspect: (reference, { signal } = {}) =>
      ask(`about "${reference}"`, signal, async (engine) => {
        const id = await orNothing(engine.imageId(reference));
        return id === undefined ? undefined : { id };
      }),
  };
}

/** The answer, or nothing when the Engine has no such image. */
async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return undefined;
    throw error;
  }
}

function engineFailure(host: string, asked: string, error: unknown): unknown {
  if (!(error instanceof EngineRefusal)) return engineConnectionError(host, error);
  const { status, message: said } = error;
  const details = { host, status };
  if (status === 404) {
    return new ImageSpecError("IMAGE_NOT_FOUND", `the engine at "${host}", asked ${asked}, has no such image`, {
      hint: "build it again: something else removed it",
      cause: error,
      details,
    });
  }
  const message = `the engine at "${host}", asked ${asked}, answered ${status}: ${said.slice(0, 500)}`;
  return new ImageSpecError("ENGINE_UNSUPPORTED", message, {
    hint: "look at the engine's own log",
    cause: error,
    details,
  });
}
