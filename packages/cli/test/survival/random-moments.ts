/** A moment of a build; both are fractions from 0 up to 1, of whatever there is to count. */
export interface Moment {
  /** From 1. */
  readonly number: number;
  /** Where in the sequence of requests; nothing: at a time alone. */
  readonly request: number | undefined;
  readonly time: number;
}

/** Moments spread over a whole build, the same for the same seed. */
export function randomMoments(count: number, seed: number): readonly Moment[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, (_, position) => {
    // Two of three by request, so that the short phases are met too.
    const request = position % 3 === 2 ? undefined : (position + random()) / count;
    return { number: position + 1, request, time: random() };
  });
}

/** mulberry32 */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
