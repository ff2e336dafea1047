import { createHash } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";

/** A file for {@link makeZip}; `method` 0 stores, 8 deflates. */
export interface ZipFixture {
  readonly name: string;
  readonly content: Uint8Array | string;
  readonly method?: 0 | 8;
  /** Unix mode. @default 0o100644 */
  readonly mode?: number;
  /** Overrides for hostile archives. */
  readonly localName?: string;
  readonly crc?: number;
  readonly statedSize?: number;
}

/** A zip archive, as wheels have it; by the overrides also one that lies. */
export function makeZip(files: readonly ZipFixture[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = Buffer.from(file.content);
    const method = file.method ?? 8;
    const data = method === 8 ? deflateRawSync(content) : content;
    const crc = file.crc ?? crc32(content);
    const size = file.statedSize ?? content.length;
    const name = Buffer.from(file.name);
    const localName = Buffer.from(file.localName ?? file.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x800, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(localName.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt8(20, 4);
    central.writeUInt8(3, 5);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(0x800, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(((file.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    parts.push(local, localName, data);
    directory.push(central, name);
    offset += 30 + localName.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

export interface WheelFixture {
  readonly name: string;
  readonly version: string;
  /** Paths in the wheel → content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly requires?: readonly string[];
  readonly entryPoints?: string;
  /** @default "py3-none-any" */
  readonly tag?: string;
  readonly requiresPython?: string;
  /** Further or replaced zip entries, for hostile wheels. */
  readonly extra?: readonly ZipFixture[];
}

/** A well-formed wheel with METADATA, WHEEL and RECORD. */
export function makeWheel(fixture: WheelFixture): {
  readonly filename: string;
  readonly bytes: Buffer;
  readonly sha256: string;
} {
  const distribution = fixture.name.replace(/[-.]+/g, "_");
  const info = `${distribution}-${fixture.version}.dist-info`;
  const tag = fixture.tag ?? "py3-none-any";
  const metadata = [
    "Metadata-Version: 2.1",
    `Name: ${fixture.name}`,
    `Version: ${fixture.version}`,
    ...(fixture.requiresPython === undefined ? [] : [`Requires-Python: ${fixture.requiresPython}`]),
    ...(fixture.requires ?? []).map((line) => `Requires-Dist: ${line}`),
    "",
  ].join("\n");
  const files: Record<string, string | Uint8Array> = {
    [`${distribution}/__init__.py`]: `__version__ = "${fixture.version}"\n`,
    ...fixture.files,
    [`${info}/METADATA`]: metadata,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: imagespec-tests\nRoot-Is-Purelib: ${tag.endsWith("-any")}\nTag: ${tag}\n`,
    ...(fixture.entryPoints === undefined ? {} : { [`${info}/entry_points.txt`]: fixture.entryPoints }),
  };
  const record = Object.entries(files).map(([name, content]) => {
    const hash = createHash("sha256").update(content).digest("base64url");
    return `${name},sha256=${hash},${Buffer.byteLength(Buffer.from(content))}\n`;
  });
  const bytes = makeZip([
    ...Object.entries(files).map(([name, content]) => ({ name, content })),
    { name: `${info}/RECORD`, content: `${record.join("")}${info}/RECORD,,\n` },
    ...(fixture.extra ?? []),
  ]);
  return {
    filename: `${distribution}-${fixture.version}-${tag}.whl`,
    bytes,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}
