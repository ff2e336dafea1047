/** The C library of a base. */
export interface BaseLibc {
  readonly kind: "glibc" | "musl";
  /** `2.36` */
  readonly version: string;
}

/** Whether a file is a C library, by its path. */
export function libcKind(path: string): BaseLibc["kind"] | undefined {
  if (/(?:^|\/)lib(?:32|64)?\/(?:[^/]+-linux-gnu[^/]*\/)?libc(?:\.so\.6|-2\.\d+\.so)$/.test(path)) return "glibc";
  return /(?:^|\/)lib\/(?:ld-musl-[^/]+|libc\.musl-[^/]+)\.so\.1$/.test(path) ? "musl" : undefined;
}

/** Reads the version out of the library itself, which states it for people who run it. */
export function libcVersion(kind: BaseLibc["kind"], library: Uint8Array): string | undefined {
  const bytes = Buffer.from(library.buffer, library.byteOffset, library.length);
  if (kind === "glibc") {
    const at = bytes.indexOf("GNU C Library");
    return at < 0 ? undefined : /version (\d+\.\d+)/.exec(bytes.subarray(at, at + 200).toString("latin1"))?.[1];
  }
  // The message is "musl libc (x86_64)\nVersion %s"; the version is a text of its own.
  return /\0(1\.\d+)\.\d+(?:[-_][^\0]*)?\0/.exec(bytes.toString("latin1"))?.[1];
}
