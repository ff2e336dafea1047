/** Part of a blob: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `Range` header asks of a body of `size` bytes (RFC 9110, section 14): a part, `"unsatisfiable"`, or `undefined` for the whole, which is
 * also the answer to several ranges and to other units.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  // A range that runs backwards may be ignored or refused; refusing tells the client of its mistake.
  return start >= end ? "unsatisfiable" : { start, end };
}

/**
 * The `Content-Range` of an upload: `0-1023`, the form of the specification, or `bytes 0-1023/*`, which some clients send.
 * `undefined` when it is neither.
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/i.exec(header.trim());
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end ? { start, end } : undefined;
}
