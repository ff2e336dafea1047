import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";

const chunkSize = 60_000;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function variableInteger(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

/** An .xz file that stores its content: one block of uncompressed LZMA2 chunks, without integrity check. */
export function storeAsXz(content: Uint8Array): Buffer {
  const flags = Buffer.from([0, 0]);
  const header = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), flags, uint32(crc32(flags))]);
  // Header size 12, no optional fields, filter LZMA2 with a dictionary of 4 KiB.
  const blockHeader = Buffer.from([2, 0, 0x21, 1, 0, 0, 0, 0]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; at += chunkSize) {
    const chunk = content.subarray(at, at + chunkSize);
    const size = chunk.length - 1;
    chunks.push(Buffer.from([at === 0 ? 1 : 2, size >> 8, size & 255]), Buffer.from(chunk));
  }
  const data = Buffer.concat([...chunks, Buffer.from([0])]);
  const block = Buffer.concat([blockHeader, uint32(crc32(blockHeader)), data]);
  const records = Buffer.concat([Buffer.from([0, 1]), variableInteger(block.length), variableInteger(content.length)]);
  const index = Buffer.concat([records, Buffer.alloc((4 - (records.length % 4)) % 4)]);
  const backward = Buffer.concat([uint32((index.length + 4) / 4 - 1), flags]);
  return Buffer.concat([
    header,
    block,
    Buffer.alloc((4 - (block.length % 4)) % 4),
    index,
    uint32(crc32(index)),
    uint32(crc32(backward)),
    backward,
    Buffer.from("YZ"),
  ]);
}

export type FixtureEntry =
  | { readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly link: string }
  | { readonly path: string; readonly hardlink: string }
  | { readonly path: string };

/** A plain tar of these entries; without content or link: a folder. */
export function tarOf(entries: readonly FixtureEntry[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (const entry of entries) {
    const common = { path: `./${entry.path}`, uid: 0, gid: 0, mtime: 1_700_000_000 };
    if ("content" in entry) {
      const content = Buffer.from(entry.content);
      pieces.push(tarHeader({ ...common, type: "file", mode: entry.mode ?? 0o644, size: content.length }));
      pieces.push(content, tarPadding(content.length));
    } else if ("link" in entry) {
      pieces.push(tarHeader({ ...common, type: "symlink", mode: 0o777, size: 0, linkPath: entry.link }));
    } else if ("hardlink" in entry) {
      pieces.push(tarHeader({ ...common, type: "hardlink", mode: 0o644, size: 0, linkPath: `./${entry.hardlink}` }));
    } else {
      pieces.push(tarHeader({ ...common, type: "directory", mode: 0o755, size: 0 }));
    }
  }
  return Buffer.concat([...pieces, tarTrailer]);
}

export function arOf(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const pieces: Uint8Array[] = [Buffer.from("!<arch>\n")];
  for (const [name, content] of Object.entries(members)) {
    const header = `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
    pieces.push(Buffer.from(header, "latin1"), content, Buffer.alloc(content.length % 2));
  }
  return Buffer.concat(pieces);
}

export interface FixturePackage {
  readonly name: string;
  readonly version?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly files?: readonly FixtureEntry[];
}

/** Control paragraph, .deb file and entry of the package index. */
export function debOf({ name, version = "1.0-1", fields = {}, scripts = {}, files = [] }: FixturePackage): {
  readonly deb: Buffer;
  readonly paragraph: string;
  readonly path: string;
} {
  const control = `${Object.entries({ Package: name, Version: version, Architecture: "amd64", ...fields })
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n")}\n`;
  const deb = arOf({
    "debian-binary": Buffer.from("2.0\n"),
    "control.tar.xz": storeAsXz(
      tarOf([
        { path: "control", content: control },
        { path: "md5sums", content: "" },
        ...Object.entries(scripts).map(([path, content]) => ({ path, content, mode: 0o755 })),
      ]),
    ),
    "data.tar.xz": storeAsXz(tarOf(files)),
  });
  const path = `pool/main/${name.slice(0, 1)}/${name}/${name}_${version.replace(/^\d+:/, "")}_amd64.deb`;
  return {
    deb,
    path,
    paragraph: `${control}Filename: ${path}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`,
  };
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A 64-bit ELF file with just what a dynamic linker reads. */
export function elfOf(options: {
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  readonly interpreter?: string;
  readonly machine?: number;
}): Buffer {
  const strings = ["", options.soname ?? "", ...(options.needed ?? []), options.runpath ?? ""];
  const offsets = strings.map((_, index) => strings.slice(0, index).reduce((sum, text) => sum + text.length + 1, 0));
  const table = Buffer.from(`${strings.join("\0")}\0`, "latin1");
  const tags: [number, number][] = [];
  if (options.soname !== undefined) tags.push([14, offsets[1]!]);
  for (const [index] of (options.needed ?? []).entries()) tags.push([1, offsets[2 + index]!]);
  if (options.runpath !== undefined) tags.push([29, offsets.at(-1)!]);
  const interpreter = Buffer.from(`${options.interpreter ?? ""}\0`, "latin1");
  const headers = 64 + 3 * 56;
  const dynamicAt = headers + interpreter.length;
  const tableAt = dynamicAt + (tags.length + 2) * 16;
  tags.push([5, 0x1000 + tableAt], [0, 0]);
  const bytes = Buffer.alloc(tableAt + table.length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(options.machine ?? 62, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(3, 56);
  const segment = (index: number, type: number, offset: number, address: number, size: number): void => {
    const at = 64 + index * 56;
    bytes.writeUInt32LE(type, at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 8);
    bytes.writeBigUInt64LE(BigInt(address), at + 16);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  };
  segment(0, 1, 0, 0x1000, bytes.length);
  segment(1, 2, dynamicAt, 0x1000 + dynamicAt, tags.length * 16);
  segment(2, options.interpreter === undefined ? 0 : 3, headers, 0x1000 + headers, interpreter.length);
  bytes.set(interpreter, headers);
  for (const [index, [tag, value]] of tags.entries()) {
    bytes.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    bytes.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  }
  bytes.set(table, tableAt);
  return bytes;
}
