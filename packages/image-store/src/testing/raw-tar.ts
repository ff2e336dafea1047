/** Fields of a header block as other writers fill them; bytes or ASCII. */
export interface RawHeader {
  readonly name: string | Uint8Array;
  readonly flag?: string;
  readonly size?: string | Uint8Array;
  readonly mode?: string;
  readonly uid?: string | Uint8Array;
  readonly mtime?: string | Uint8Array;
  readonly link?: string;
  /** Magic and version, 8 bytes. @default those of ustar */
  readonly magic?: string;
  readonly prefix?: string;
  readonly trailer?: string;
  /** Sums bytes as signed numbers, as old writers did. */
  readonly signedSum?: boolean;
}

function put(block: Buffer, offset: number, value: string | Uint8Array | undefined): void {
  if (value !== undefined) Buffer.from(value).copy(block, offset);
}

/** A header block that {@link tarHeader} would never write. */
export function rawHeader(header: RawHeader): Buffer {
  const block = Buffer.alloc(512);
  put(block, 0, header.name);
  put(block, 100, header.mode ?? "0000644\0");
  put(block, 108, header.uid ?? "0000000\0");
  put(block, 116, "0000000\0");
  put(block, 124, header.size ?? "00000000000\0");
  put(block, 136, header.mtime ?? "00000000000\0");
  put(block, 156, header.flag ?? "0");
  put(block, 157, header.link);
  put(block, 257, header.magic ?? "ustar\x0000");
  put(block, 345, header.prefix);
  put(block, 508, header.trailer);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + (header.signedSum === true && byte > 127 ? byte - 256 : byte), 0);
  put(block, 148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** Content filled up to whole blocks. */
export function rawContent(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export function octal(value: number): string {
  return `${value.toString(8).padStart(11, "0")}\0`;
}

/** An extension header with its body: GNU long names (`L`, `K`) and pax (`x`, `g`). */
export function rawExtension(flag: string, body: string | Uint8Array): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([rawHeader({ name: "././@LongLink", flag, size: octal(bytes.length) }), rawContent(bytes)]);
}
