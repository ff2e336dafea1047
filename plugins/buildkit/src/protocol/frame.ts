/** Larger messages than this are refused, before memory is taken for them. */
const maxMessageBytes = 256 * 2 ** 20;
const headerBytes = 5;

/** The five bytes that gRPC puts before each message: a flag for compression, which is never used here, and the length. */
export function frameHeader(messageBytes: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(messageBytes, 1);
  return header;
}

/** Cuts a byte stream into gRPC messages. @throws Error for a compressed, an oversized or an unfinished message */
export async function* readFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let available = 0;
  let wanted = headerBytes;
  let inMessage = false;
  for await (const chunk of stream) {
    chunks.push(chunk);
    available += chunk.length;
    while (available >= wanted) {
      const joined = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, available);
      const taken = joined.subarray(0, wanted);
      chunks = wanted === joined.length ? [] : [joined.subarray(wanted)];
      available -= wanted;
      if (inMessage) {
        inMessage = false;
        wanted = headerBytes;
        yield taken;
      } else {
        inMessage = true;
        wanted = messageLength(taken);
      }
    }
  }
  if (inMessage || available > 0) throw new Error(`gRPC message ends after ${available} of ${wanted} bytes`);
}

function messageLength(header: Uint8Array): number {
  const view = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (view.readUInt8(0) !== 0) throw new Error("compressed gRPC message, though compression was not offered");
  const length = view.readUInt32BE(1);
  if (length > maxMessageBytes) throw new Error(`gRPC message of ${length} bytes`);
  return length;
}
