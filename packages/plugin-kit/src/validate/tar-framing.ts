const block = 512;

/**
 * Checks the frame of a tar stream, block by block, with no other code than its own: header checksums, sizes, padding, the two
 * zero blocks at the end and nothing but zeros after them.
 */
export class TarFraming {
  readonly problems: string[] = [];
  #pending: Uint8Array = new Uint8Array(0);
  #offset = 0;
  /** Bytes of content and padding until the next header. */
  #skip = 0;
  /** Bytes of the pax records that are being kept. */
  #paxSize = 0;
  #pax: Uint8Array[] = [];
  #nextSize: number | undefined;
  #zeroBlocks = 0;
  #lost = false;

  update(chunk: Uint8Array): void {
    if (this.#lost) return;
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (!this.#lost) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, bytes.length);
        if (this.#paxSize > 0) this.#keepPax(bytes.subarray(0, taken));
        this.#skip -= taken;
        this.#offset += taken;
        bytes = bytes.subarray(taken);
        if (this.#skip > 0) break;
      }
      if (bytes.length < block) break;
      this.#header(bytes.subarray(0, block));
      this.#offset += block;
      bytes = bytes.subarray(block);
    }
    this.#pending = bytes.slice();
  }

  /** To be called after the last chunk. */
  end(): void {
    if (this.#lost) return;
    if (this.#skip > 0) this.problems.push(`the archive ends ${this.#skip} bytes before the end of an entry`);
    else if (this.#pending.length > 0) this.problems.push(`${this.#pending.length} bytes follow the last whole block`);
    else if (this.#zeroBlocks < 2) this.problems.push("the archive does not end with two zero blocks");
  }

  #header(header: Uint8Array): void {
    if (header.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return;
    }
    if (this.#zeroBlocks > 0) {
      this.#lose(`data follows a zero block at offset ${this.#offset}`);
      return;
    }
    const stated = octal(header.subarray(148, 156));
    let sum = 8 * 0x20;
    for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
    if (stated !== sum) {
      this.#lose(`the header at offset ${this.#offset} has checksum ${stated ?? "?"}, its bytes add up to ${sum}`);
      return;
    }
    const type = String.fromCharCode(header[156] ?? 0);
    const size = sizeOf(header.subarray(124, 136));
    if (size === undefined) {
      this.#lose(`the header at offset ${this.#offset} has no readable size`);
      return;
    }
    const hasContent = !"123456".includes(type) || type === "\0";
    const isExtension = "xgLK".includes(type);
    const actual = hasContent ? (isExtension ? size : (this.#nextSize ?? size)) : 0;
    if (type === "x") {
      this.#paxSize = actual;
      this.#pax = [];
    } else if (!isExtension) this.#nextSize = undefined;
    this.#skip = Math.ceil(actual / block) * block;
  }

  #keepPax(bytes: Uint8Array): void {
    this.#pax.push(bytes.slice(0, this.#paxSize));
    this.#paxSize -= Math.min(this.#paxSize, bytes.length);
    if (this.#paxSize > 0) return;
    const size = /(?:^|\n)\d+ size=(\d+)\n/.exec(Buffer.concat(this.#pax).toString("latin1"))?.[1];
    if (size !== undefined) this.#nextSize = Number(size);
  }

  #lose(problem: string): void {
    this.problems.push(problem);
    this.#lost = true;
  }
}

function octal(field: Uint8Array): number | undefined {
  const text = Buffer.from(field)
    .toString("latin1")
    .replace(/[\0 ].*$/s, "");
  return /^[0-7]+$/.test(text.trim()) ? Number.parseInt(text, 8) : undefined;
}

function sizeOf(field: Uint8Array): number | undefined {
  if (((field[0] ?? 0) & 0x80) === 0) return octal(field);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
}
