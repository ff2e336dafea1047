import { isImageSpecError } from "@imagespec/errors";
import type { MadeImage } from "./made-image.ts";

/** Builds under way (or, in a session, finished), by what they make: equal content is built once. */
export class WorkTable {
  readonly #work = new Map<string, Promise<MadeImage>>();

  get(key: string): Promise<MadeImage> | undefined {
    return this.#work.get(key);
  }

  /** Keeps the work until it fails, or for `always: false` until it ends. */
  add(key: string, work: Promise<MadeImage>, keepsResult: boolean): void {
    this.#work.set(key, work);
    const forget = (): void => {
      if (this.#work.get(key) === work) this.#work.delete(key);
    };
    // The one who asked for the work sees its rejection.
    work.then(keepsResult ? undefined : forget, forget);
  }
}

/**
 * Whether a build of the same content for somebody else would fail in the same way: not when its caller gave up, or when its
 * own output was the trouble.
 */
export function failsForAll(error: unknown): boolean {
  if (!isImageSpecError(error)) return true;
  if (error.code === "ABORTED" || error.code === "BUILD_TIMEOUT") return false;
  return error.origin !== "registry" && error.origin !== "daemon";
}
