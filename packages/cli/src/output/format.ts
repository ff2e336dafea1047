const steps = ["B", "kB", "MB", "GB", "TB"] as const;

/** `512 B`, `3 kB`, `1.4 MB`, `76 MB`: decimal units, as registries and disks count. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step++;
  }
  const digits = step < 2 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${steps[step]}`;
}

/** `0.04 s`, `1.8 s`, `42 s`, `2 min 05 s`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 0.0995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `1 layer`, `6 layers`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
