/** Relative to the root of the image. */
export function relativePath(absolute: string): string {
  return absolute
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
