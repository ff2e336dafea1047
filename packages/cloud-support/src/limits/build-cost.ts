/** What a minute of the machine costs, as the user knows it. */
export interface MinuteRate {
  readonly perMinute: number;
  /** `USD` */
  readonly currency: string;
}

/** What a build cost by the rate that the user gave, for the record; nothing without one: prices are never guessed. */
export function buildCost(
  seconds: number,
  rate: MinuteRate | undefined,
): { readonly minutes: number; readonly amount: number; readonly currency: string } | undefined {
  if (rate === undefined) return undefined;
  // Clouds bill begun minutes.
  const minutes = Math.ceil(seconds / 60);
  return { minutes, amount: Math.round(minutes * rate.perMinute * 10_000) / 10_000, currency: rate.currency };
}
