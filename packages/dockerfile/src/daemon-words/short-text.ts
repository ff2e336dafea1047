/** What daemons put around a cause, of no use to people. */
const wrappers: readonly RegExp[] = [
  /^failed to solve with frontend \S+: /,
  /^failed to solve: /,
  /^failed to create LLB definition: /,
  /^failed to compute cache key: /,
  /^failed to calculate checksum of ref \S+: /,
  /^failed to build LLB: /,
  /^rpc error: code = \w+ desc = /,
  /^error from sender: /,
];

/** A text of BuildKit's without its wrappers and inner references, on one line: `"/missing.txt" not found`. */
export function shortText(text: string): string {
  let short = text.trim();
  for (let before = ""; before !== short; ) {
    before = short;
    for (const wrapper of wrappers) short = short.replace(wrapper, "");
  }
  return short
    .replace(/\bref \S+::\S+: /g, "")
    .replace(/^("[^"]+")(?: not found)?: not found$/, "$1 not found")
    .replace(/\s+/g, " ")
    .slice(0, 500);
}
