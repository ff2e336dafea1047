/** `os.path.join(path, name)` for a plain name. */
export function pythonJoin(path: string, name: string): string {
  return path === "" || path.endsWith("/") ? path + name : `${path}/${name}`;
}

/** `Path(path).as_posix()`: without `.` and double slashes; `..` stays. */
export function tidyPath(path: string): string {
  const tidy = path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  if (path.startsWith("/")) return `/${tidy}`;
  return tidy === "" ? "." : tidy;
}

/** Compares two texts as Python does: by code point. */
export function compareCodePoints(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one, "utf8"), Buffer.from(other, "utf8"));
}
