import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { createDigester, type Descriptor, digestAlgorithm } from "@imagespec/oci";
import { pullScope } from "../auth/scope.ts";
import type { Call } from "../http/call.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { attemptsAt } from "../http/from-endpoints.ts";
import { describe, type OpenAnswer } from "../http/registry-http.ts";
import { AttemptFailure, beforeNextAttempt, retry } from "../http/retry.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { apiPath, checkedDigest, type RepositoryContext } from "../repository-context.ts";
import type { ResponseBody } from "../transport/transport.ts";

/** A body that begins at a byte of the blob, and the call that it answers. */
interface OpenPart {
  readonly call: Call;
  readonly body: ResponseBody;
  /** First byte of the blob that the body holds; less than asked for where the registry ignores `Range`. */
  readonly start: number;
}

/**
 * A blob as a stream, verified while it is read. A connection that breaks is resumed at the byte it broke at; attempts count
 * anew after each that brought something. A mirror that fails hands over to the next endpoint, at the same byte.
 * @throws REGISTRY_NOT_FOUND on opening; DIGEST_MISMATCH, REGISTRY_DOWN while reading
 */
export async function downloadBlob(
  context: RepositoryContext,
  descriptor: Pick<Descriptor, "digest" | "size">,
  options: OperationOptions,
): Promise<AsyncIterable<Uint8Array>> {
  checkedDigest(descriptor.digest);
  const download = new Download(context, descriptor, options);
  // The first request is made here, so that a blob that is not there is told on opening.
  const first = await download.open(0);
  return download.read(first);
}

class Download {
  readonly #context: RepositoryContext;
  readonly #descriptor: Pick<Descriptor, "digest" | "size">;
  readonly #options: OperationOptions;
  /** Endpoints not given up yet; the first is in use. */
  #endpoints: readonly Endpoint[];

  constructor(context: RepositoryContext, descriptor: Pick<Descriptor, "digest" | "size">, options: OperationOptions) {
    this.#context = context;
    this.#descriptor = descriptor;
    this.#options = options;
    this.#endpoints = context.http.endpoints.forPull(context.registry);
  }

  /** The blob from a byte on, from the first endpoint that gives it. */
  async open(from: number): Promise<OpenPart> {
    for (;;) {
      const call = this.#call(from);
      const { attempts, signal } = call;
      try {
        const answer = await retry(this.#context.http.retryPolicy, { what: describe(call), attempts, signal }, () =>
          this.#context.http.open(call),
        );
        return { call, body: answer.body, start: startOf(call, answer, from) };
      } catch (error) {
        if (!this.#nextEndpoint(error)) throw error;
      }
    }
  }

  async *read(first: OpenPart): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest, size } = this.#descriptor;
    const { retryPolicy } = this.#context.http;
    const digester = createDigester(digestAlgorithm(digest));
    let part = first;
    let failures = 0;
    for (;;) {
      const before = digester.size;
      try {
        for await (const chunk of this.#fresh(part, digester.size)) {
          if (digester.size + chunk.length > size) throw this.#mismatch(`has more than its ${size} bytes`);
          digester.update(chunk);
          yield chunk;
        }
        if (digester.size === size) break;
        throw Object.assign(new Error("the body ended early"), { code: "ECONNRESET" });
      } catch (error) {
        const failure = this.#context.http.failure(part.call, error);
        if (!(failure instanceof AttemptFailure)) throw failure;
        if (digester.size > before) failures = 0;
        failures++;
        if (!this.#nextEndpoint(failure.error)) {
          const count = { number: failures, attempts: retryPolicy.attempts };
          const options = { what: describe(part.call), signal: this.#options.signal };
          await beforeNextAttempt(retryPolicy, options, failure, count);
        }
      } finally {
        part.body.destroy();
      }
      part = await this.open(digester.size);
    }
    const actual = digester.digest();
    if (actual !== digest) throw this.#mismatch(`has digest "${actual}"`, { actual });
  }

  /** A part without the bytes that were read before, which come again where the registry ignores `Range`. */
  async *#fresh(part: OpenPart, from: number): AsyncGenerator<Uint8Array, void, undefined> {
    let skip = from - part.start;
    for await (const chunk of part.body) {
      if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  }

  #call(from: number): Call {
    const [endpoint = this.#context.http.endpoints.origin(this.#context.registry)] = this.#endpoints;
    const { repository } = this.#context;
    return {
      endpoint,
      method: "GET",
      target: apiPath(this.#context, `blobs/${this.#descriptor.digest}`),
      what: `blob "${this.#descriptor.digest}"`,
      repository,
      scopes: [pullScope(repository)],
      accept: from === 0 ? [200] : [200, 206],
      headers: from === 0 ? {} : { range: `bytes=${from}-` },
      signal: this.#options.signal,
      attempts: attemptsAt(endpoint),
    };
  }

  /** Gives up on a mirror; false at the registry itself. */
  #nextEndpoint(error: unknown): boolean {
    const [endpoint, ...rest] = this.#endpoints;
    if (endpoint === undefined || rest.length === 0) return false;
    if (!isImageSpecError(error) || error.code === "ABORTED") return false;
    if (error.code === "REGISTRY_DOWN") endpoint.bench();
    this.#endpoints = rest;
    return true;
  }

  #mismatch(what: string, details: Readonly<Record<string, unknown>> = {}): ImageSpecError {
    const { registry, repository } = this.#context;
    const { digest } = this.#descriptor;
    return new ImageSpecError("DIGEST_MISMATCH", `blob "${digest}" of "${registry}/${repository}" ${what}`, {
      hint: "check what stands between this machine and the registry, such as a proxy or cache",
      details: { registry, repository, expected: digest, ...details },
    });
  }
}

/** First byte of a body. @throws ImageSpecError REGISTRY_PROTOCOL when it is another than asked for */
function startOf(call: Call, answer: OpenAnswer, asked: number): number {
  if (answer.status !== 206) return 0;
  const range = answer.header("content-range") ?? "";
  const start = Number(/^bytes (\d+)-/.exec(range)?.[1] ?? "none");
  if (start === asked) return start;
  answer.body.destroy();
  throw new ImageSpecError(
    "REGISTRY_PROTOCOL",
    `registry "${call.endpoint.registry}" answered the range from byte ${asked} with "${range}"`,
    {
      hint: "check what stands between this machine and the registry, such as a proxy or cache",
      details: { registry: call.endpoint.registry },
    },
  );
}
