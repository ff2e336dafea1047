import { Buffer, isUtf8 } from "node:buffer";
import { ImageSpecError } from "@imagespec/errors";

const loneSurrogate = /\p{Cs}/u;

/** Length of the UTF-8 sequence that a lead byte announces; 1 for a byte that cannot lead one. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** Decodes UTF-8; a byte that is not part of it becomes the lone surrogate U+DC00 + byte, so that nothing is lost. */
export function decodeTarText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  let text = "";
  for (let at = 0; at < buffer.length; ) {
    const lead = buffer[at] ?? 0;
    const sequence = buffer.subarray(at, at + sequenceLength(lead));
    if (isUtf8(sequence)) {
      text += sequence.toString("utf8");
      at += sequence.length;
    } else {
      text += String.fromCharCode(0xdc00 + lead);
      at += 1;
    }
  }
  return text;
}

/**
 * The inverse of {@link decodeTarText}.
 *
 * @throws INTERNAL for a lone surrogate that stands for no byte
 */
export function encodeTarText(text: string): Uint8Array {
  if (!loneSurrogate.test(text)) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(Buffer.of(code - 0xdc00));
    else if (code >= 0xd800 && code <= 0xdfff)
      throw new ImageSpecError("INTERNAL", `${JSON.stringify(text)} is not well-formed Unicode`);
    else parts.push(Buffer.from(character, "utf8"));
  }
  return Buffer.concat(parts);
}
