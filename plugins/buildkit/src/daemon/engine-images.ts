/** The calls to an Engine's API that are used here; a failed one rejects with {@link EngineRefusal} or the error of Node.js. */
export interface EngineImages {
  /** The lines of the answer to a push, one JSON text each; its status says nothing. */
  push(
    repository: string,
    options: { readonly tag: string | undefined; readonly auth: RegistryAuth; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
  tag(
    reference: string,
    target: { readonly repository: string; readonly tag: string },
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** A tar stream; destroyed when it is not read to its end. */
  save(reference: string): Promise<AsyncIterable<Uint8Array> & { destroy(): unknown }>;
  remove(reference: string, signal: AbortSignal | undefined): Promise<void>;
  imageId(reference: string): Promise<string>;
}

/** As docker's configuration has it; an Engine wants it even when it is empty. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/** The Engine answered by an error. */
export class EngineRefusal extends Error {
  override readonly name = "EngineRefusal";
  readonly status: number;

  /** @param said the Engine's own words */
  constructor(status: number, said: string, options?: ErrorOptions) {
    super(said, options);
    this.status = status;
  }
}
