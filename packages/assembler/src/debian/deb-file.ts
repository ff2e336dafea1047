import { gunzipSync } from "node:zlib";
import { ImageSpecError } from "@imagespec/errors";
import { decompressXz, type XzDecoder } from "./xz.ts";

/** The two archives of a .deb file, as streams of plain tar that can be read once. */
export interface DebFile {
  readonly control: AsyncIterable<Uint8Array>;
  readonly data: AsyncIterable<Uint8Array>;
}

const maxControlSize = 16 * 1024 * 1024;
const maxDataSize = 4 * 1024 * 1024 * 1024;

/**
 * Opens a .deb file: an `ar` archive of `debian-binary`, `control.tar` and `data.tar`.
 *
 * Debian 12 and 13 compress with xz, a few control archives with gzip; others are refused. Source: deb(5).
 *
 * @throws DEBIAN_INDEX
 */
export function openDebFile(bytes: Uint8Array, name: string, decodeData: XzDecoder = decompressXz): DebFile {
  const [version, control, ...rest] = arMembers(bytes, name);
  // Members whose name starts with "_" are extensions that readers skip.
  const data = rest.find((member) => !member.name.startsWith("_"));
  if (
    version?.name !== "debian-binary" ||
    !Buffer.from(version.content).toString("latin1").startsWith("2.") ||
    control?.name.startsWith("control.tar") !== true ||
    data?.name.startsWith("data.tar") !== true
  ) {
    throw damaged(name, "it is not a Debian package of format 2");
  }
  return {
    control: plainTar(control, name, maxControlSize, decompressXz),
    data: plainTar(data, name, maxDataSize, decodeData),
  };
}

interface ArMember {
  readonly name: string;
  readonly content: Uint8Array;
}

function arMembers(bytes: Uint8Array, name: string): readonly ArMember[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString("latin1", 0, 8) !== "!<arch>\n") throw damaged(name, "it is not an ar archive");
  const members: ArMember[] = [];
  for (let position = 8; position < buffer.length; ) {
    const header = buffer.toString("latin1", position, position + 60);
    const size = Number(header.slice(48, 58).trim());
    const start = position + 60;
    if (header.slice(58) !== "`\n" || !Number.isSafeInteger(size) || size < 0 || start + size > buffer.length) {
      throw damaged(name, `its ar header at byte ${position} is wrong`);
    }
    members.push({
      name: header.slice(0, 16).trimEnd().replace(/\/$/, ""),
      content: buffer.subarray(start, start + size),
    });
    position = start + size + (size % 2);
  }
  return members;
}

function plainTar(member: ArMember, name: string, maxSize: number, decode: XzDecoder): AsyncIterable<Uint8Array> {
  const file = `${name}:${member.name}`;
  switch (member.name.slice(member.name.indexOf(".tar"))) {
    case ".tar":
      return once(() => member.content);
    case ".tar.gz":
      return once(() => gunzip(member.content, file, maxSize));
    case ".tar.xz":
      return decode(member.content, { name: file, maxSize });
    default:
      throw damaged(name, `the compression of "${member.name}" is not supported`);
  }
}

async function* once(bytes: () => Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes();
}

function gunzip(content: Uint8Array, file: string, maxSize: number): Uint8Array {
  try {
    return gunzipSync(content, { maxOutputLength: maxSize });
  } catch (cause) {
    throw new ImageSpecError("DEBIAN_INDEX", `"${file}" cannot be decompressed`, { cause });
  }
}

function damaged(name: string, why: string): ImageSpecError {
  return new ImageSpecError("DEBIAN_INDEX", `package "${name}" is damaged: ${why}`, {
    hint: "remove the file from the cache and try again",
  });
}
