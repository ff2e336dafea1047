/** What the dynamic linker reads of a 64-bit little-endian ELF file. */
export interface ElfFacts {
  readonly machine: number;
  /** Whether it is a shared object or position-independent program (ET_DYN). */
  readonly dynamic: boolean;
  readonly interpreter: string | undefined;
  readonly soname: string | undefined;
  readonly needed: readonly string[];
  /** DT_RUNPATH and DT_RPATH, `$ORIGIN` not expanded. */
  readonly searchPath: readonly string[];
}

const segmentLoad = 1;
const segmentDynamic = 2;
const segmentInterpreter = 3;
const tagNeeded = 1;
const tagStringTable = 5;
const tagSoname = 14;
const tagRpath = 15;
const tagRunpath = 29;

/** Reads the dynamic section of an ELF file; undefined for anything else. Source: elf(5). */
export function readElf(bytes: Buffer): ElfFacts | undefined {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) return undefined;
  const facts = { machine: bytes.readUInt16LE(18), dynamic: bytes.readUInt16LE(16) === 3 };
  const segments = programHeaders(bytes);
  const interpreter = segments.find(({ type }) => type === segmentInterpreter);
  const dynamic = segments.find(({ type }) => type === segmentDynamic);
  const tags = dynamic === undefined ? [] : dynamicTags(bytes, dynamic);
  const tableAddress = tags.find(({ tag }) => tag === tagStringTable)?.value;
  const load = segments.find(
    ({ type, address, size }) =>
      type === segmentLoad && tableAddress !== undefined && tableAddress >= address && tableAddress < address + size,
  );
  const table =
    load === undefined || tableAddress === undefined ? undefined : tableAddress - load.address + load.offset;
  const strings = (...wanted: readonly number[]): readonly string[] =>
    table === undefined
      ? []
      : tags.filter(({ tag }) => wanted.includes(tag)).map(({ value }) => cString(bytes, table + value));
  return {
    ...facts,
    interpreter:
      interpreter === undefined
        ? undefined
        : cString(bytes.subarray(0, interpreter.offset + interpreter.size), interpreter.offset),
    soname: strings(tagSoname)[0],
    needed: strings(tagNeeded),
    searchPath: strings(tagRpath, tagRunpath).flatMap((path) => path.split(":")),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

function programHeaders(bytes: Buffer): readonly Segment[] {
  const table = Number(bytes.readBigUInt64LE(32));
  const entrySize = bytes.readUInt16LE(54);
  const segments: Segment[] = [];
  for (let index = 0; index < bytes.readUInt16LE(56); index++) {
    const at = table + index * entrySize;
    if (at + 56 > bytes.length) break;
    segments.push({
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: Number(bytes.readBigUInt64LE(at + 16)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    });
  }
  return segments;
}

function dynamicTags(
  bytes: Buffer,
  { offset, size }: Segment,
): readonly { readonly tag: number; readonly value: number }[] {
  const tags: { tag: number; value: number }[] = [];
  const end = Math.min(offset + size, bytes.length);
  for (let at = offset; at + 16 <= end; at += 16) {
    const tag = Number(bytes.readBigInt64LE(at));
    if (tag === 0) break;
    tags.push({ tag, value: Number(bytes.readBigUInt64LE(at + 8)) });
  }
  return tags;
}

function cString(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("latin1", start, end < 0 ? bytes.length : end);
}
