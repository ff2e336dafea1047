import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { RegistryClient } from "../registry-client.ts";
import type { RegistryClientOptions } from "../registry-client-options.ts";

/** A client that never looks at this machine's credentials and proxies, and does not wait long. */
export function testClient(options: RegistryClientOptions = {}): RegistryClient {
  return new RegistryClient({
    credentials: async () => undefined,
    proxy: {},
    timeoutMs: 2_000,
    ...options,
    retry: { attempts: 3, minDelayMs: 1, maxDelayMs: 4, ...options.retry },
  });
}

/** The error that a promise rejects with. */
export async function rejection(work: Promise<unknown>): Promise<ImageSpecError> {
  try {
    await work;
  } catch (error) {
    if (isImageSpecError(error)) return error;
    throw error;
  }
  throw new Error("expected a rejection");
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
