import { setMaxListeners } from "node:events";

/** Not 0, "no limit": asking a signal with that limit for it throws on Node 20, so code elsewhere may not expect it. */
const plenty = 100_000;

/**
 * Calls the listener when the signal is triggered; returns what ends the listening. One signal may well stand for dozens of
 * requests at once, which Node would warn of as a leak.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  // Set without asking what it was: see above, the limit may be the caller's 0.
  setMaxListeners(plenty, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
