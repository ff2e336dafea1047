import type { Digest } from "@imagespec/oci";

/** What an Engine does beside building. All of them may throw ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_LOST and ABORTED. */
export interface EngineOperations {
  /**
   * Pushes what the Engine has under `reference` (`registry/repository:tag`); resolves to the manifest digest in the registry.
   *
   * @throws REGISTRY_AUTH, REGISTRY_DENIED, REGISTRY_DOWN, REGISTRY_ERROR, REGISTRY_RATE_LIMITED, IMAGE_NOT_FOUND
   */
  push(reference: string, options: PushOptions): Promise<Digest>;
  tag(
    reference: string,
    target: { readonly repository: string; readonly tag: string },
    options?: OperationOptions,
  ): Promise<void>;
  /** The docker archive of the image, a tar stream. @throws IMAGE_NOT_FOUND */
  save(reference: string, options: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Removes the tag, and the image with its last one; fine when it is not there. */
  remove(reference: string, options?: OperationOptions): Promise<void>;
  /** The image's id, its config digest on graph drivers; nothing when there is no such image. */
  inspect(reference: string, options?: OperationOptions): Promise<{ readonly id: string } | undefined>;
}

export interface OperationOptions {
  readonly signal?: AbortSignal;
}

export interface PushOptions {
  /** Without a user name the secret is an identity token, as in docker's own configuration. */
  readonly credentials: { readonly username: string; readonly secret: string } | undefined;
  readonly onProgress?: (item: PushProgress) => void;
  /** The Engine tries a layer once more; it does not say why. */
  readonly onRetry?: (retry: { readonly item: string; readonly attempt: number; readonly delayMs: number }) => void;
  /**
   * Asked once, at the first retry: Engines try five times over 50 s what a registry will never allow. When it rejects, the push
   * is given up with its error.
   */
  readonly confirm?: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface PushProgress {
  /** Short id of the layer. */
  readonly id: string;
  /** The Engine's word for it: `Pushing`, `Pushed`, `Layer already exists`. */
  readonly status: string;
  /** Bytes. */
  readonly current: number;
  readonly total: number | undefined;
}
