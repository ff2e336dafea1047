/** The code of a failure of the network stack, looked for in its causes: `ECONNRESET`, `CERT_HAS_EXPIRED`, `HPE_INVALID_CONSTANT`. */
export function networkCode(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; current instanceof Error && depth < 8; depth++) {
    if ("code" in current && typeof current.code === "string") return current.code;
    if (current instanceof AggregateError) {
      const inner: unknown = current.errors.map(networkCode).find((code) => code !== undefined);
      if (typeof inner === "string") return inner;
    }
    current = current.cause;
  }
  return undefined;
}
