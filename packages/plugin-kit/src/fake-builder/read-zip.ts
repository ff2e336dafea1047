import { inflateRawSync } from "node:zlib";
import { ImageSpecError } from "@imagespec/errors";

/** A file of a zip archive. */
export interface ZipFile {
  readonly name: string;
  readonly executable: boolean;
  readonly content: Uint8Array;
}

/** The files of a small zip archive. @throws WHEEL_INVALID */
export function readZip(bytes: Uint8Array): readonly ZipFile[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) throw new ImageSpecError("WHEEL_INVALID", "a wheel is no zip archive");
  const files: ZipFile[] = [];
  let at = buffer.readUInt32LE(end + 16);
  for (let count = buffer.readUInt16LE(end + 10); count > 0; count--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => buffer.readUInt16LE(at + offset));
    const name = buffer.subarray(at + 46, at + 46 + (nameLength ?? 0)).toString();
    const local = buffer.readUInt32LE(at + 42);
    const start = local + 30 + buffer.readUInt16LE(local + 26) + buffer.readUInt16LE(local + 28);
    const data = buffer.subarray(start, start + buffer.readUInt32LE(at + 20));
    const content = buffer.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    const executable = ((buffer.readUInt32LE(at + 38) >>> 16) & 0o111) !== 0;
    if (!name.endsWith("/")) files.push({ name, executable, content });
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}
