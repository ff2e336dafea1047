import type { Readable } from "node:stream";

/**
 * The few operations that the registry needs of a medium. Paths are relative, with `/`; folders come and go with their files.
 *
 * `write` and `move` are atomic: whoever reads sees all of the new file or what was there before.
 */
export interface Files {
  /** Whether the content is gone when the process ends, so that nobody collects garbage later. */
  readonly volatile: boolean;
  read(path: string): Promise<Uint8Array | undefined>;
  /** Bytes, `undefined` when there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** The bytes from `start` up to, not including, `end`. The file must exist, the range must not be empty. */
  open(path: string, start: number, end: number): Readable;
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes chunks from `offset` on, creating the file; `onChunk` is told each chunk that has been written. */
  append(
    path: string,
    offset: number,
    chunks: AsyncIterable<Uint8Array>,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<void>;
  truncate(path: string, size: number): Promise<void>;
  /** Makes the content durable, then gives it its new name. An existing file there is replaced. */
  move(from: string, to: string): Promise<void>;
  /** Marks a file as recently used, for the age that garbage collection looks at. */
  touch(path: string): Promise<void>;
  /** Whether there was such a file. */
  remove(path: string): Promise<boolean>;
  /** Names of the files and folders in a folder, in no order; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}
