/** A lie in one field of a zip archive. Numbers are taken modulo what there is, so that any of them means something. */
export interface ZipDamage {
  readonly record: "local" | "central" | "end";
  /** Which entry, for headers of entries. */
  readonly entry: number;
  readonly field: number;
  readonly value: number;
}

/** Offset and width of the fields that readers look at (APPNOTE 4.3). */
const fields: Readonly<Record<ZipDamage["record"], readonly (readonly [offset: number, width: 2 | 4])[]>> = {
  local: [
    [0, 4],
    [6, 2],
    [8, 2],
    [14, 4],
    [18, 4],
    [22, 4],
    [26, 2],
    [28, 2],
  ],
  central: [
    [0, 4],
    [4, 2],
    [8, 2],
    [10, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
    [38, 4],
    [42, 4],
  ],
  end: [
    [4, 2],
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 2],
  ],
};

/** A copy of an archive made by `makeZip`, with lies in it. */
export function damageZip(archive: Uint8Array, damages: readonly ZipDamage[]): Buffer {
  const bytes = Buffer.from(archive);
  const end = bytes.length - 22;
  const central: number[] = [];
  for (let at = bytes.readUInt32LE(end + 16); at < end; ) {
    central.push(at);
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  const local = central.map((at) => bytes.readUInt32LE(at + 42));
  for (const { record, entry, field, value } of damages) {
    const starts = record === "end" ? [end] : record === "local" ? local : central;
    const start = starts[entry % Math.max(1, starts.length)];
    const [offset, width] = fields[record][field % fields[record].length] ?? [0, 2];
    if (start === undefined) continue;
    if (width === 2) bytes.writeUInt16LE(value & 0xffff, start + offset);
    else bytes.writeUInt32LE(value >>> 0, start + offset);
  }
  return bytes;
}
