import type { BuildRequest } from "@imagespec/core";

/** Runs a part of a build as a step that people see. */
export async function step<T>({ emit, signal }: BuildRequest, name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const about = { type: "step", id: name, name } as const;
  emit({ ...about, state: "running" });
  try {
    const result = await run();
    emit({ ...about, state: "done", ms: performance.now() - start });
    return result;
  } catch (error) {
    emit(
      signal.aborted ? { ...about, state: "canceled" } : { ...about, state: "failed", ms: performance.now() - start },
    );
    throw error;
  }
}
