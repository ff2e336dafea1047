import { abortedError, throwIfAborted } from "@imagespec/errors";
import { onAbort } from "../transport/on-abort.ts";

/** Waits for work that others may share: an abort ends the waiting, not the work. @throws ABORTED */
export function withAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  throwIfAborted(signal);
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(abortedError(signal)));
    work.then(resolve, reject).finally(stopListening);
  });
}
