import type { BuildRequest } from "@imagespec/core";
import { type BlobContent, type Descriptor, isForeignLayer } from "@imagespec/oci";
import { createLimiter, type Limiter } from "../concurrency/limiter.ts";
import type { TaskScope } from "../concurrency/task-scope.ts";
import type { StepReporter } from "./step-reporter.ts";

const maxUploads = 4;

/** Writes blobs to the output as soon as they exist, a few at a time. */
export class Publisher {
  readonly #request: Pick<BuildRequest, "sink">;
  readonly #scope: TaskScope;
  readonly #steps: StepReporter;
  readonly #limit: Limiter = createLimiter(maxUploads);
  readonly #started = new Map<string, Promise<void>>();
  readonly #published: [descriptor: Descriptor, content: BlobContent][] = [];
  #written = 0;
  #count = 0;

  constructor(request: Pick<BuildRequest, "sink">, scope: TaskScope, steps: StepReporter) {
    this.#request = request;
    this.#scope = scope;
    this.#steps = steps;
  }

  /** Bytes that were written because the output did not have them. */
  get bytesWritten(): number {
    return this.#written;
  }

  /** Blobs that were written because the output did not have them. */
  get blobsWritten(): number {
    return this.#count;
  }

  /** Starts writing a blob. Equal blobs are written once, foreign layers not at all: registries refuse them. */
  publish(descriptor: Descriptor, content: BlobContent, mountFrom: readonly string[] = []): void {
    const { digest } = descriptor;
    if (isForeignLayer(descriptor.mediaType) || this.#started.has(digest)) return;
    this.#published.push([descriptor, content]);
    this.#started.set(
      digest,
      this.#scope.start(() => this.#limit(() => this.#write(descriptor, content, mountFrom))),
    );
  }

  async #write(descriptor: Descriptor, content: BlobContent, mountFrom: readonly string[]): Promise<void> {
    const { size, digest } = descriptor;
    const { action } = await this.#request.sink.writeBlob(descriptor, content, {
      signal: this.#scope.signal,
      onProgress: this.#steps.transfer("push", "push", digest.slice(0, 19), size),
      ...(mountFrom.length === 0 ? {} : { mountFrom }),
    });
    if (action !== "written") return;
    this.#written += size;
    this.#count++;
  }

  /** Writes again what an output has lost meanwhile: all that it does not have. */
  async publishAgain(): Promise<void> {
    await Promise.all(
      this.#published.map(([descriptor, content]) =>
        this.#scope.start(() => this.#limit(() => this.#write(descriptor, content, []))),
      ),
    );
  }

  /** Waits for all blobs. */
  async finish(): Promise<void> {
    await Promise.all(this.#started.values());
  }
}
