import type { ImageJob } from "./image-job.ts";

/** Takes an action whose failure leaves the image as good as it is: a warning says so. */
export async function orWarn(
  { context, prefix }: Pick<ImageJob, "context" | "prefix">,
  what: string,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (context.signal.aborted || !(error instanceof Error)) throw error;
    context.events.emit({ builder: "", prefix }, { type: "warning", message: `${what}: ${error.message}` });
  }
}
