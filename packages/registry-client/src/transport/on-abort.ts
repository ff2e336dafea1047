import { defaultMaxListeners, getMaxListeners, setMaxListeners } from "node:events";

/** Not 0, "no limit": Node 20 then takes the signal for something else when it is asked for its limit. */
const plenty = 100_000;

/**
 * Calls the listener when the signal is triggered; returns what ends the listening. One signal may well stand for dozens of
 * requests at once, which Node would warn of as a leak.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  if (getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(plenty, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
