import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";

/** The ImageSpecError that an action throws or rejects with. */
export async function errorOf(action: () => unknown): Promise<ImageSpecError> {
  try {
    await action();
  } catch (error) {
    if (isImageSpecError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
