import type { Storage as SdkStorage } from "@google-cloud/storage";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { abandonable } from "./abandonable.ts";
import type { CallOptions } from "./cloud-build-client.ts";
import type { ObjectPart, StagedObject, StagingClient } from "./staging-client.ts";
import { type TokenReceiver, tokenSource, useTokens } from "./token-source.ts";

/** The module of the client library; tests give that of another major. */
export type StorageModule = Pick<typeof import("@google-cloud/storage"), "Storage">;

const load = (): Promise<StorageModule> => import("@google-cloud/storage");

/** From this size on, an upload that breaks goes on where it was. Bytes. */
const resumableFrom = 8 * 1024 * 1024;

/** {@link StagingClient} by Google's client library for Cloud Storage. */
export async function openStaging(
  { project }: { readonly project: string },
  { endpoints, accessToken }: Pick<GoogleCloudBuildOptions, "endpoints" | "accessToken">,
  module: () => Promise<StorageModule> = load,
): Promise<StagingClient> {
  const { Storage } = await module();
  const storage = new Storage({
    projectId: project,
    // Never by STORAGE_EMULATOR_HOST: with it, reads go to another path than writes.
    ...(endpoints?.storage === undefined ? {} : { apiEndpoint: endpoints.storage, useAuthWithCustomEndpoint: true }),
    retryOptions: { maxRetries: 4, totalTimeout: 120, maxRetryDelay: 8 },
  });
  // With an endpoint that is not Google's, the library sends resumable uploads without credentials.
  const isResumable = (size: number): boolean => endpoints?.storage === undefined && size >= resumableFrom;
  const source = tokenSource(accessToken);
  // It is a GoogleAuth, whose client is not made yet.
  if (source !== undefined) useTokens(storage.authClient as unknown as TokenReceiver, source);
  return fromSdk(storage, isResumable);
}

function fromSdk(storage: SdkStorage, isResumable: (size: number) => boolean): StagingClient {
  return {
    async bucketsOf(project, prefix, { signal }) {
      const [buckets] = await abandonable(storage.getBuckets({ project, prefix }), signal);
      return buckets.map(({ name }) => name);
    },
    async upload({ bucket, object }, { path, size }, { signal, onProgress }) {
      const target = storage.bucket(bucket).file(object);
      const [known] = await abandonable(orAbsent(target.getMetadata()), signal);
      if (known !== undefined) return { bucket, object, generation: String(known.generation), uploaded: 0 };
      const resumable = isResumable(size);
      const uploaded = await send(storage, { bucket, object, path, size, resumable }, { signal, onProgress });
      const [now] = await abandonable(target.getMetadata(), signal);
      return { bucket, object, generation: String(now.generation), uploaded };
    },
    read: (bucket, object, from, { signal }) => readPart(storage, { bucket, object, from }, signal),
    async remove({ bucket, object, generation }: StagedObject, { signal }: CallOptions) {
      await abandonable(orAbsent(storage.bucket(bucket).file(object, { generation }).delete()), signal);
    },
  };
}

/** @returns bytes that were sent: none when somebody else was faster */
async function send(
  storage: SdkStorage,
  {
    bucket,
    object,
    path,
    size,
    resumable,
  }: { bucket: string; object: string; path: string; size: number; resumable: boolean },
  { signal, onProgress }: { signal: AbortSignal; onProgress: ((bytes: number) => void) | undefined },
): Promise<number> {
  try {
    const upload = storage.bucket(bucket).upload(path, {
      destination: object,
      resumable,
      contentType: "application/gzip",
      // Only where there is nothing: of two uploads at once, one is refused.
      preconditionOpts: { ifGenerationMatch: 0 },
      onUploadProgress: ({ bytesWritten }: { readonly bytesWritten?: number }) => onProgress?.(bytesWritten ?? 0),
    });
    await abandonable(upload, signal);
    onProgress?.(size);
    return size;
  } catch (error) {
    if (statusOf(error) === 412) return 0;
    throw error;
  }
}

async function readPart(
  storage: SdkStorage,
  { bucket, object, from }: { readonly bucket: string; readonly object: string; readonly from: number },
  signal: AbortSignal,
): Promise<ObjectPart> {
  const file = storage.bucket(bucket).file(object);
  const stream = file.createReadStream({ start: from, validation: false, decompress: false });
  const stop = (): void => void stream.destroy();
  signal.throwIfAborted();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    signal.throwIfAborted();
    return chunks.length === 0 ? { kind: "end" } : { kind: "bytes", bytes: Buffer.concat(chunks) };
  } catch (error) {
    signal.throwIfAborted();
    if (statusOf(error) === 404) return { kind: "absent" };
    if (statusOf(error) === 416) return { kind: "end" };
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** An answer whose first part is missing when there is no such thing. */
async function orAbsent<T extends readonly unknown[]>(call: Promise<T>): Promise<T | readonly [undefined]> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === 404) return [undefined];
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : Number.NaN;
  return Number.isNaN(code) ? undefined : code;
}
