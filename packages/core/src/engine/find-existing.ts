import { isImageSpecError } from "@imagespec/errors";
import type { Digest, ImageReference, ImageSource } from "@imagespec/oci";
import { parseImageReference } from "@imagespec/oci";
import type { RegistryClient } from "@imagespec/registry-client";
import type { ExistingImage } from "../builder/verdict.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type VerifiedOutcome, verifyOutcome } from "./verify-outcome.ts";

/** An image that a builder says it has, found and verified. */
export interface FoundExisting extends VerifiedOutcome {
  readonly source: ImageSource;
  readonly isInOutput: boolean;
}

/** Looks for it in the output, then where its reference points to; nothing when it is not there or not the spec's. */
export async function findExisting(
  builder: string,
  existing: ExistingImage,
  spec: ResolvedImageSpec,
  services: { readonly output: OpenedOutput | undefined; readonly client: RegistryClient },
  signal: AbortSignal,
): Promise<FoundExisting | undefined> {
  if (existing.fingerprint !== spec.fingerprint) return undefined;
  const { output, client } = services;
  if (output !== undefined) {
    const found = await verified(builder, output.source, spec, existing.digest, signal);
    if (found !== undefined) return { ...found, source: output.source, isInOutput: true };
  }
  const reference = referenceOf(existing.reference);
  if (reference === undefined) return undefined;
  const source = client.repository(reference);
  const found = await verified(builder, source, spec, existing.digest, signal);
  return found === undefined ? undefined : { ...found, source, isInOutput: false };
}

async function verified(
  builder: string,
  source: ImageSource,
  spec: ResolvedImageSpec,
  digest: Digest,
  signal: AbortSignal,
): Promise<VerifiedOutcome | undefined> {
  try {
    return await verifyOutcome(builder, { source }, spec, digest, signal);
  } catch (error) {
    // A place that cannot be read confirms nothing, whatever the reason.
    if (!isImageSpecError(error) || signal.aborted) throw error;
    return undefined;
  }
}

function referenceOf(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (error) {
    if (isImageSpecError(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}
