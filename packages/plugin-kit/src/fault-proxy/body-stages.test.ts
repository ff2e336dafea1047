import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyStages, CutShort } from "./body-stages.ts";
import type { Fault } from "./fault.ts";

const { signal } = new AbortController();

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

/** What comes out, and whether the end was cut off. */
async function passed(fault: Fault, chunks: readonly Uint8Array[]): Promise<readonly [Buffer, string]> {
  const out: Uint8Array[] = [];
  try {
    const source: AsyncIterable<Uint8Array> = chunksOf(chunks);
    for await (const chunk of bodyStages([fault], "response", signal).reduce((body, stage) => stage(body), source)) {
      out.push(Buffer.from(chunk));
    }
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    return [Buffer.concat(out), error.by];
  }
  return [Buffer.concat(out), "whole"];
}

const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 });
const offsets = fc.nat({ max: 100 });

test("a cut lets exactly its bytes pass, however the body is chunked", async () => {
  await fc.assert(
    fc.asyncProperty(bodies, offsets, fc.boolean(), async (chunks, afterBytes, properly) => {
      const whole = Buffer.concat(chunks);
      const fault: Fault = properly ? { kind: "truncate", afterBytes } : { kind: "reset", in: "response", afterBytes };
      const cut = properly ? "end" : "reset";
      const [bytes, how] = await passed(fault, chunks);
      expect(how).toBe(whole.length > afterBytes ? cut : "whole");
      expect(bytes.equals(whole.subarray(0, afterBytes))).toBe(true);
    }),
  );
});

test("one bit is flipped, and the chunk that came is left alone", async () => {
  await fc.assert(
    fc.asyncProperty(bodies, offsets, async (chunks, at) => {
      const before = Buffer.concat(chunks);
      const [after] = await passed({ kind: "flip-bit", at }, chunks);
      const differing = [...before.keys()].filter((index) => before[index] !== after[index]);
      expect(differing).toEqual(at < before.length ? [at] : []);
      expect(after.length).toBe(before.length);
      expect(Buffer.concat(chunks).equals(before)).toBe(true);
    }),
  );
});

test("double sends the body again", async () => {
  const [bytes] = await passed({ kind: "double" }, [Buffer.from("ab"), Buffer.from("c")]);
  expect(bytes.toString()).toBe("abcabc");
});

test("slow takes its time and changes nothing", async () => {
  const start = performance.now();
  const body = Buffer.alloc(2_000, "x");
  const [bytes] = await passed({ kind: "slow", bytesPerSecond: 20_000 }, [body]);
  expect(bytes.equals(body)).toBe(true);
  expect(performance.now() - start).toBeGreaterThan(90);
});

test("a fault in one half leaves the other alone", () => {
  const faults: readonly Fault[] = [
    { kind: "reset" },
    { kind: "stall" },
    { kind: "flip-bit", in: "request" },
    { kind: "slow", in: "request", bytesPerSecond: 1 },
    { kind: "delay", ms: 1 },
  ];
  expect(bodyStages(faults, "response", signal)).toEqual([]);
});
