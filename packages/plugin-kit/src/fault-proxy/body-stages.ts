import { setTimeout as sleep } from "node:timers/promises";
import type { ExchangeHalf, Fault } from "./fault.ts";

/** One thing that happens to a body on its way. */
export type BodyStage = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** A body that ends before its end, by a fault. */
export class CutShort extends Error {
  readonly by: "reset" | "end";

  constructor(by: "reset" | "end") {
    super(`the fault proxy cut a body short by ${by}`);
    this.by = by;
  }
}

/** What the faults do to the body of a request or response, in their order. */
export function bodyStages(faults: readonly Fault[], half: ExchangeHalf, signal: AbortSignal): readonly BodyStage[] {
  return faults.map((fault) => stageOf(fault, half, signal)).filter((stage) => stage !== undefined);
}

/** Waits for the end of the exchange, which the client or the end of the proxy brings. @throws AbortError */
export async function stall(signal: AbortSignal): Promise<never> {
  for (;;) await sleep(longest, undefined, { signal });
}

/** The longest delay that a timer takes, in milliseconds. */
const longest = 2 ** 31 - 1;
/** Pieces of a slow body are sent so often, in milliseconds. */
const slowStepMs = 20;

function stageOf(fault: Fault, half: ExchangeHalf, signal: AbortSignal): BodyStage | undefined {
  switch (fault.kind) {
    case "reset":
      return half === (fault.in ?? "request") ? cutAfter(fault.afterBytes ?? 0, () => cut("reset")) : undefined;
    case "stall":
      return half === (fault.in ?? "request") ? cutAfter(fault.afterBytes ?? 0, () => stall(signal)) : undefined;
    case "truncate":
      return half === "response" ? cutAfter(fault.afterBytes, () => cut("end")) : undefined;
    case "flip-bit":
      return half === (fault.in ?? "response") ? flipBit(fault.at ?? 0) : undefined;
    case "slow":
      return half === (fault.in ?? "response") ? slow(fault.bytesPerSecond, signal) : undefined;
    case "double":
      return half === "response" ? double : undefined;
    default:
      return undefined;
  }
}

async function cut(by: "reset" | "end"): Promise<never> {
  throw new CutShort(by);
}

function cutAfter(bytes: number, end: () => Promise<never>): BodyStage {
  return async function* cutBody(source) {
    let left = bytes;
    for await (const chunk of source) {
      if (chunk.length > left) {
        if (left > 0) yield chunk.subarray(0, left);
        await end();
      }
      left -= chunk.length;
      yield chunk;
    }
  };
}

function flipBit(at: number): BodyStage {
  return async function* flipped(source) {
    let start = 0;
    for await (const chunk of source) {
      const index = at - start;
      start += chunk.length;
      const byte = chunk[index];
      yield byte === undefined ? chunk : Buffer.concat([chunk]).fill(byte ^ 1, index, index + 1);
    }
  };
}

function slow(bytesPerSecond: number, signal: AbortSignal): BodyStage {
  const pieceSize = Math.max(1, Math.round((bytesPerSecond * slowStepMs) / 1000));
  return async function* slowed(source) {
    for await (const chunk of source) {
      for (let start = 0; start < chunk.length; start += pieceSize) {
        const piece = chunk.subarray(start, start + pieceSize);
        await sleep((piece.length / bytesPerSecond) * 1000, undefined, { signal });
        yield piece;
      }
    }
  };
}

async function* double(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) {
    chunks.push(chunk);
    yield chunk;
  }
  yield* chunks;
}
