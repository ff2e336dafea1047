/** A text as Cloud Build leaves it alone: a single `$` begins a substitution, in steps, images and tags alike. */
export function escapeDollar(text: string): string {
  return text.replaceAll("$", "$$$$");
}
