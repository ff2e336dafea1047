import type { ImageReference } from "@imagespec/oci";
import type { CredentialProvider } from "./auth/credentials.ts";

/** What a plugin may bring for the registries it knows. */
export interface RegistryProvider {
  readonly name: string;
  /** Whether this provider knows the registry. */
  matches(registry: string): boolean;
  readonly credentials?: CredentialProvider | undefined;
  /** Creates the repository where the registry does not do so on the first push. Called when a push meets "no such repository". */
  ensureRepository?(
    reference: { readonly registry: string; readonly repository: string },
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /** Refines a 401, 403 or 404 on a manifest: surely absent, or not to be told? `undefined` leaves the default reading. */
  classifyAbsence?(answer: {
    readonly reference: ImageReference;
    readonly status: number;
    readonly body: string;
  }): "absent" | { readonly unknown: string } | undefined;
}
