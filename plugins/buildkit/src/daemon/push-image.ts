import { registryFailure } from "@imagespec/dockerfile";
import { abortedError, ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type Digest, isDigest } from "@imagespec/oci";
import type { EngineImages, RegistryAuth } from "./engine-images.ts";
import type { PushOptions } from "./engine-operations.ts";
import { readJsonLines } from "./json-lines.ts";

/**
 * Pushes an image by an Engine. The status of its answer is 200 whatever happens: failures stand in the stream, and so does the
 * digest.
 *
 * @throws REGISTRY_AUTH, REGISTRY_DENIED, REGISTRY_DOWN, REGISTRY_ERROR, REGISTRY_RATE_LIMITED, DIGEST_MISMATCH, ABORTED, what
 * `confirm` rejects with, and what the call does
 */
export async function pushImage(engine: EngineImages, reference: string, options: PushOptions): Promise<Digest> {
  const { credentials, signal } = options;
  const stopping = new AbortController();
  const limit = AbortSignal.any([signal, stopping.signal]);
  const attempts = new Map<string, Attempts>();
  const confirmation = createConfirmation(options, () => stopping.abort());
  const { repository, tag } = splitReference(reference);
  let digest: unknown;
  try {
    const lines = await engine.push(repository, { tag, auth: authOf(credentials), signal: limit });
    for await (const line of readJsonLines(lines)) {
      const error = fieldOf(line["errorDetail"], "message") ?? line["error"];
      if (typeof error === "string") throw registryFailure(error, { reference, doing: "push" });
      digest = digestIn(line) ?? digest;
      report(line, options, attempts, confirmation.start);
    }
    throwIfAborted(limit);
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    // Engines with the containerd store drop the status of what a registry refuses; asking it ourselves tells the reason.
    if (isImageSpecError(error, "REGISTRY_ERROR")) confirmation.start();
    const refusal = await confirmation.refusal();
    throw refusal ?? error;
  } finally {
    stopping.abort();
  }
  if (isDigest(digest)) return digest;
  throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine pushed "${reference}" without saying its digest`, {
    hint: "update the engine",
    details: { reference },
  });
}

interface Confirmation {
  /** Asks, unless that was done. */
  start(): void;
  /** Why the registry refuses, once it is known; nothing when it does not, or nobody asked. */
  refusal(): Promise<unknown>;
}

function createConfirmation({ confirm, signal }: PushOptions, onRefusal: () => void): Confirmation {
  let asked: Promise<unknown> | undefined;
  return {
    start() {
      asked ??= confirm?.(signal).then(
        () => undefined,
        (error: unknown) => {
          onRefusal();
          return error;
        },
      );
    },
    refusal: async () => asked,
  };
}

/** Engines with the containerd store say it only in words: `1: digest: sha256:… size: 855`. */
function digestIn(line: Readonly<Record<string, unknown>>): unknown {
  const stated = fieldOf(line["aux"], "Digest");
  if (stated !== undefined) return stated;
  const { status } = line;
  return typeof status === "string" ? /: digest: (sha256:[0-9a-f]{64}) size: /.exec(status)?.[1] : undefined;
}

/** What was last heard of the attempts at one layer. */
interface Attempts {
  readonly count: number;
  readonly seconds: number;
}

const retrying = /^Retrying in (\d+) seconds?/;

function report(
  line: Readonly<Record<string, unknown>>,
  { onProgress, onRetry }: PushOptions,
  attempts: Map<string, Attempts>,
  confirm: () => void,
): void {
  const { id, status, progressDetail } = line;
  if (typeof id !== "string" || typeof status !== "string") return;
  const seconds = Number(retrying.exec(status)?.[1]);
  if (Number.isNaN(seconds)) {
    const total = fieldOf(progressDetail, "total");
    const current = fieldOf(progressDetail, "current");
    onProgress?.({
      id,
      status,
      current: typeof current === "number" ? current : 0,
      total: typeof total === "number" ? total : undefined,
    });
    return;
  }
  // The Engine counts the seconds down, a line for each: a new attempt is where the number grows.
  const before = attempts.get(id) ?? { count: 0, seconds: 0 };
  const isNew = seconds > before.seconds;
  attempts.set(id, { count: before.count + (isNew ? 1 : 0), seconds });
  if (!isNew) return;
  confirm();
  onRetry?.({ item: id, attempt: before.count + 1, delayMs: seconds * 1000 });
}

/** The port of a registry is no tag. */
function splitReference(reference: string): { readonly repository: string; readonly tag: string | undefined } {
  const at = reference.lastIndexOf(":");
  if (at <= reference.lastIndexOf("/")) return { repository: reference, tag: undefined };
  return { repository: reference.slice(0, at), tag: reference.slice(at + 1) };
}

function authOf(credentials: PushOptions["credentials"]): RegistryAuth {
  if (credentials === undefined) return {};
  const { username, secret } = credentials;
  return username === "" ? { identitytoken: secret } : { username, password: secret };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
}
