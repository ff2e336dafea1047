import { ImageSpecError } from "@imagespec/errors";
import { ContentFailure } from "./content-failure.ts";
import type { IdleTimer } from "./idle-timer.ts";
import type { StreamBody } from "./transport.ts";

const pieceSize = 1024 * 1024;

/** A registry may hash or move what it received before it answers: 50 ms more for each MiB. */
export function answerAllowance(size: number): number {
  return Math.ceil(size / pieceSize) * 50;
}

/**
 * The content of an upload in pieces of at most 1 MiB, checked against the announced size.
 * The idle timer runs while the consumer holds a piece, that is while the network takes it. @throws ContentFailure
 */
export async function* uploadPieces(body: StreamBody, idle: IdleTimer): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = 0;
  let inNetwork = false;
  try {
    idle.disarm();
    for await (const chunk of await body.open()) {
      if (sent + chunk.length > body.size) throw wrongSize(`content is longer than its size, ${body.size} bytes`);
      for (let start = 0; start < chunk.length; start += pieceSize) {
        const piece = chunk.subarray(start, start + pieceSize);
        sent += piece.length;
        idle.arm();
        inNetwork = true;
        yield piece;
        inNetwork = false;
        idle.disarm();
        body.onProgress?.(sent);
      }
    }
    if (sent < body.size) throw wrongSize(`content ends after ${sent} bytes, its size is ${body.size}`);
    idle.arm(answerAllowance(body.size));
  } catch (error) {
    throw inNetwork ? error : new ContentFailure(error);
  }
}

function wrongSize(message: string): ImageSpecError {
  return new ImageSpecError("DIGEST_MISMATCH", message, {
    hint: "check that the content did not change since its digest was taken",
  });
}
