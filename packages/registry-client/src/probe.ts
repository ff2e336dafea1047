import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { Descriptor, ImageReference } from "@imagespec/oci";
import { refusalOf } from "./http/status-error.ts";
import { fetchManifest } from "./manifest/fetch-manifest.ts";
import { headManifest } from "./manifest/head-manifest.ts";
import type { OperationOptions } from "./registry-client-options.ts";
import type { RegistryProvider } from "./registry-provider.ts";
import { manifestName, originOf, type RepositoryContext } from "./repository-context.ts";

/** What a registry says about an image. */
export type ProbeResult =
  | { readonly state: "present"; readonly descriptor: Descriptor }
  | { readonly state: "absent" }
  | {
      readonly state: "unknown";
      /** For people: one line. */
      readonly reason: string;
      readonly error: ImageSpecError;
    };

/** Refusals that may be another way of saying that there is nothing. */
const ambiguous: ReadonlySet<string> = new Set(["REGISTRY_AUTH", "REGISTRY_DENIED"]);

/** Asks the registry itself, never a mirror, whether an image exists. @throws ABORTED, REFERENCE_INVALID, DIGEST_INVALID */
export async function probe(
  context: RepositoryContext,
  reference: ImageReference,
  provider: RegistryProvider | undefined,
  options: OperationOptions,
): Promise<ProbeResult> {
  manifestName(context, reference);
  const refines = provider?.classifyAbsence !== undefined;
  try {
    const descriptor = await headManifest(context, reference, options, [originOf(context)]);
    if (descriptor !== undefined) return { state: "present", descriptor };
    return refines ? await refine(context, reference, provider, options) : { state: "absent" };
  } catch (error) {
    if (!isImageSpecError(error) || error.code === "ABORTED") throw error;
    return refines && ambiguous.has(error.code) ? refine(context, reference, provider, options) : unknown(error);
  }
}

/** HEAD has no body: GET brings the registry's words, which the provider of this registry can read. */
async function refine(
  context: RepositoryContext,
  reference: ImageReference,
  provider: RegistryProvider,
  options: OperationOptions,
): Promise<ProbeResult> {
  try {
    const { descriptor } = await fetchManifest(context, reference, options, [originOf(context)]);
    return { state: "present", descriptor };
  } catch (error) {
    if (!isImageSpecError(error) || error.code === "ABORTED") throw error;
    const refusal = refusalOf(error);
    const verdict = refusal === undefined ? undefined : provider.classifyAbsence?.({ reference, ...refusal });
    if (verdict === "absent") return { state: "absent" };
    if (verdict !== undefined) return { state: "unknown", reason: verdict.unknown, error };
    return error.code === "REGISTRY_NOT_FOUND" ? { state: "absent" } : unknown(error);
  }
}

function unknown(error: ImageSpecError): ProbeResult {
  return { state: "unknown", reason: error.message, error };
}
