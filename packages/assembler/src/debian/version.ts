/**
 * Compares two Debian versions: negative when `left` is older, zero when they are equal in order, positive when it is newer.
 *
 * Source: deb-version(7). `~` sorts before everything, even before the end of the text.
 */
export function compareDebianVersions(left: string, right: string): number {
  if (left === right) return 0;
  const a = splitVersion(left);
  const b = splitVersion(right);
  return Math.sign(a.epoch - b.epoch || comparePart(a.upstream, b.upstream) || comparePart(a.revision, b.revision));
}

/** The upstream part of a Debian version: `3.13.5` of `3.13.5-2+deb13u1`. */
export function upstreamVersion(version: string): string {
  return splitVersion(version).upstream;
}

export type VersionOperator = "<<" | "<=" | "=" | ">=" | ">>";

/** Whether `version` is in the range that the operator and the other version describe. */
export function satisfiesVersion(version: string, operator: VersionOperator, wanted: string): boolean {
  const order = compareDebianVersions(version, wanted);
  switch (operator) {
    case "<<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">>":
      return order > 0;
  }
}

function splitVersion(version: string): { epoch: number; upstream: string; revision: string } {
  // What is no number is no epoch: an index that is wrong still has to have an order.
  const digits = /^\d{1,9}(?=:)/.exec(version)?.[0];
  const epoch = Number(digits ?? 0);
  const rest = digits === undefined ? version : version.slice(digits.length + 1);
  const dash = rest.lastIndexOf("-");
  // A missing revision and the revision "0" are equal by the digit rule.
  return dash < 0
    ? { epoch, upstream: rest, revision: "" }
    : { epoch, upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** Alternates between runs of non-digits (compared by {@link weight}) and runs of digits (compared as numbers). */
function comparePart(left: string, right: string): number {
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    while ((i < left.length && !isDigit(left, i)) || (j < right.length && !isDigit(right, j))) {
      const difference = weight(left, i) - weight(right, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    while (left[i] === "0") i++;
    while (right[j] === "0") j++;
    let first = 0;
    while (isDigit(left, i) && isDigit(right, j)) {
      first ||= left.charCodeAt(i) - right.charCodeAt(j);
      i++;
      j++;
    }
    if (isDigit(left, i)) return 1;
    if (isDigit(right, j)) return -1;
    if (first !== 0) return first;
  }
  return 0;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

function weight(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) return 0;
  const character = text.charAt(index);
  if (character === "~") return -1;
  return /[A-Za-z]/.test(character) ? text.charCodeAt(index) : text.charCodeAt(index) + 256;
}
