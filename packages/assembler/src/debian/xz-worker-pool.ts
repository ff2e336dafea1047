import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { damagedXz, type XzOptions } from "./xz.ts";

/** What a worker answers, in this order: any number of pieces, then one end. */
type Answer = { readonly piece: Uint8Array<ArrayBuffer> } | { readonly end: true; readonly error?: string };

/**
 * Runs in the worker. Text, so that it works from TypeScript sources and from the built package alike; the rules are those
 * of `decompressXz`.
 */
const workerSource = `
const { parentPort, workerData } = require("node:worker_threads");
const { XzReadableStream } = require(workerData.decoder);
async function decode({ compressed, maxSize }) {
  let position = 0, size = 0, idle = 0;
  const input = new ReadableStream({
    pull(controller) {
      if (position >= compressed.length) return controller.close();
      controller.enqueue(compressed.subarray(position, position + 65536));
      position += 65536;
    },
  }, { highWaterMark: 0 });
  const reader = new XzReadableStream(input).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    idle = value.length > 0 || position < compressed.length ? 0 : idle + 1;
    size += value.length;
    if (idle > 4 || size > maxSize) {
      await reader.cancel();
      return idle > 4 ? "it ends too early" : "it unpacks to more than " + maxSize + " bytes";
    }
    if (value.length > 0) parentPort.postMessage({ piece: value }, [value.buffer]);
  }
}
parentPort.on("message", (job) => {
  decode(job).then(
    (error) => parentPort.postMessage(error === undefined ? { end: true } : { end: true, error }),
    (cause) => parentPort.postMessage({ end: true, error: String(cause instanceof Error ? cause.message : cause) }),
  );
});
`;

/** Pieces that arrived and were not read yet, and who waits for the next. */
class PieceQueue {
  readonly #answers: Answer[] = [];
  #wake: (() => void) | undefined;

  put(answer: Answer): void {
    this.#answers.push(answer);
    this.#wake?.();
  }

  async *read({ name }: XzOptions): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else if ("piece" in answer) {
        yield answer.piece;
      } else if (answer.error === undefined) {
        return;
      } else {
        throw damagedXz(name, answer.error);
      }
    }
  }
}

interface Job {
  readonly compressed: Uint8Array;
  readonly maxSize: number;
  readonly queue: PieceQueue;
}

/**
 * Decompresses several .xz files at once, each in a thread of its own.
 *
 * Decoding is two thirds of the time that a base takes. There is no back-pressure: a caller opens no more files ahead
 * than the pool has workers.
 */
export class XzWorkerPool implements AsyncDisposable {
  readonly size: number;
  readonly #idle: Worker[] = [];
  readonly #workers: Worker[] = [];
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Worker, Job>();
  /** Set when a thread died: nothing can be decoded any more. */
  #failure: string | undefined;

  private constructor(size: number, decoder: string) {
    this.size = size;
    for (let index = 0; index < size; index++) {
      const worker = new Worker(workerSource, { eval: true, workerData: { decoder }, execArgv: [], stdin: false });
      worker.on("message", (answer: Answer) => this.#receive(worker, answer));
      worker.on("error", (cause) => this.#fail(`a decoder thread failed: ${cause.message}`));
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  /**
   * Starts a pool; undefined where threads would not help: one processor, or a bundle that has no decoder to load.
   *
   * @param maxSize threads at most
   */
  static start(maxSize = 4): XzWorkerPool | undefined {
    const size = Math.min(maxSize, availableParallelism());
    const decoder = size > 1 ? decoderPath() : undefined;
    return decoder === undefined ? undefined : new XzWorkerPool(size, decoder);
  }

  /** Starts at once, or as soon as a worker is free; an error is thrown to who reads. */
  decompress(compressed: Uint8Array, options: XzOptions): AsyncIterable<Uint8Array> {
    const queue = new PieceQueue();
    if (this.#failure !== undefined) queue.put({ end: true, error: this.#failure });
    else this.#waiting.push({ compressed, maxSize: options.maxSize, queue });
    this.#next();
    return queue.read(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const worker = this.#idle.pop();
    const job = worker === undefined ? undefined : this.#waiting.shift();
    if (worker === undefined || job === undefined) return;
    this.#running.set(worker, job);
    worker.postMessage({ compressed: job.compressed, maxSize: job.maxSize });
  }

  #fail(error: string): void {
    this.#failure = error;
    for (const { queue } of [...this.#running.values(), ...this.#waiting.splice(0)]) queue.put({ end: true, error });
    this.#running.clear();
  }

  #receive(worker: Worker, answer: Answer): void {
    this.#running.get(worker)?.queue.put(answer);
    if ("piece" in answer) return;
    this.#running.delete(worker);
    this.#idle.push(worker);
    this.#next();
  }
}

function decoderPath(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve("xz-decompress");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND") return undefined;
    throw cause;
  }
}
