const limit = 200;

/** A text in double quotes for a message: control characters escaped, long ones cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > limit ? `${text.slice(0, limit)}…` : text);
}
