import { ImageSpecError, registerSecret } from "@imagespec/errors";
import { type ImageReference, isRepository, parseRegistry } from "@imagespec/oci";
import { Authorizer } from "./auth/authorizer.ts";
import { canonicalRegistry } from "./auth/canonical-registry.ts";
import { chainCredentials } from "./auth/chain-credentials.ts";
import type { CredentialProvider, Credentials } from "./auth/credentials.ts";
import { dockerConfigCredentials } from "./auth/docker-config-credentials.ts";
import { checkPush } from "./check-push.ts";
import { EndpointBook } from "./http/endpoint.ts";
import { RegistryHttp } from "./http/registry-http.ts";
import { withAbort } from "./http/with-abort.ts";
import { ping } from "./ping.ts";
import { type ProbeResult, probe } from "./probe.ts";
import type { OperationOptions, RegistryClientOptions } from "./registry-client-options.ts";
import type { RegistryProvider } from "./registry-provider.ts";
import { RegistryRepository } from "./registry-repository.ts";
import type { Repository } from "./repository.ts";
import type { RepositoryContext } from "./repository-context.ts";
import { createTransport } from "./transport/create-transport.ts";
import { detectProxy } from "./transport/detect.ts";
import type { Transport } from "./transport/transport.ts";

/** A registry and a repository in it. */
export interface RepositoryReference {
  readonly registry: string;
  readonly repository: string;
}

/**
 * A client of the OCI distribution API (distribution-spec 1.1) for any number of registries: connections, credentials and tokens are
 * kept for its life. Close it, or declare it with `await using`.
 */
export class RegistryClient {
  readonly #http: RegistryHttp;
  readonly #transport: Transport;
  readonly #credentials: CredentialProvider;
  readonly #providers: readonly RegistryProvider[];
  readonly #closing = new AbortController();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #ensured = new Map<string, Promise<void>>();

  /** @throws CONFIG_INVALID when `ca` is no PEM text */
  constructor(options: RegistryClientOptions = {}) {
    const { maxConnections = 8, timeoutMs = 60_000, userAgent = "imagespec", retry = {} } = options;
    this.#providers = options.providers ?? [];
    this.#transport = createTransport({ proxy: options.proxy ?? detectProxy(), ca: options.ca, maxConnections });
    const credentials = credentialsOf(options, this.#providers);
    this.#credentials = credentials;
    this.#http = new RegistryHttp({
      transport: this.#transport,
      endpoints: new EndpointBook({ insecure: options.insecure ?? [], mirrors: options.mirrors ?? {} }),
      retry: {
        attempts: retry.attempts ?? 5,
        minDelayMs: retry.minDelayMs ?? 500,
        maxDelayMs: retry.maxDelayMs ?? 8_000,
        onRetry: options.onRetry,
      },
      timeoutMs,
      userAgent,
      createAuthorizer: (http) =>
        new Authorizer(credentials, (target, request) => http.sendTokenRequest(target, request), this.#closing.signal),
    });
  }

  /** Asks a registry whether it speaks the API and takes the credentials. @throws REGISTRY_DOWN, REGISTRY_AUTH, REGISTRY_PROTOCOL */
  async ping(registry: string, options: OperationOptions = {}): Promise<void> {
    await ping(this.#http, parseRegistry(registry), options);
  }

  /** One repository, as a source and sink of images; nothing is sent yet. @throws REFERENCE_INVALID */
  repository(reference: RepositoryReference): Repository {
    return new RegistryRepository(this.#context(reference));
  }

  /** All tags of a repository. @throws REGISTRY_NOT_FOUND */
  async tags(reference: RepositoryReference, options: OperationOptions = {}): Promise<readonly string[]> {
    return this.repository(reference).tags(options);
  }

  /**
   * Whether an image exists: present, absent, or unknown with the reason. Asks the registry itself, never a mirror, which may be late.
   * Only an abort and an invalid reference are thrown. @throws ABORTED, REFERENCE_INVALID
   */
  async probe(reference: ImageReference, options: OperationOptions = {}): Promise<ProbeResult> {
    const context = this.#context(reference);
    return probe(context, reference, this.#providerOf(context.registry), options);
  }

  /**
   * Whether one may push: starts and ends an upload with the push credentials. A provider that can create the repository does so.
   * @throws REGISTRY_AUTH, REGISTRY_DENIED, REGISTRY_NOT_FOUND, REGISTRY_DOWN
   */
  async checkPush(reference: RepositoryReference, options: OperationOptions = {}): Promise<void> {
    await checkPush(this.#context(reference), options);
  }

  /**
   * What this client would log in with at exactly this registry, for a daemon that pulls and pushes by itself; nothing when there is
   * nothing for it. Registered as a secret. @throws CREDENTIALS
   */
  async credentials(registry: string, options: OperationOptions = {}): Promise<Credentials | undefined> {
    const { signal } = options;
    const found = await withAbort(this.#credentials({ registry: canonicalRegistry(registry), signal }), signal);
    if (found?.kind === "basic") registerSecret(found.password);
    if (found?.kind === "bearer" || found?.kind === "identity-token") registerSecret(found.token);
    return found;
  }

  /** Whether this client speaks to a registry without TLS, as far as it knows now. @throws REFERENCE_INVALID */
  isPlain(registry: string): boolean {
    return this.#http.endpoints.origin(parseRegistry(registry)).isPlain;
  }

  /** Destroys every connection; running operations fail. */
  async close(): Promise<void> {
    this.#closing.abort(new ImageSpecError("ABORTED", "the registry client was closed"));
    await this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #context(reference: RepositoryReference): RepositoryContext {
    const registry = parseRegistry(reference.registry);
    const { repository } = reference;
    if (!isRepository(repository)) {
      throw new ImageSpecError("REFERENCE_INVALID", `"${repository}" is not the name of a repository`, {
        hint: "use lower-case letters, digits, '.', '_', '-' and '/', such as acme/train",
        details: { registry },
      });
    }
    return {
      http: this.#http,
      registry,
      repository,
      turns: this.#turns,
      ensureRepository: (signal) => this.#ensureRepository({ registry, repository }, signal),
    };
  }

  #providerOf(registry: string): RegistryProvider | undefined {
    return this.#providers.find((provider) => provider.matches(registry));
  }

  async #ensureRepository(reference: RepositoryReference, signal: AbortSignal | undefined): Promise<boolean> {
    const provider = this.#providerOf(reference.registry);
    if (provider?.ensureRepository === undefined) return false;
    const key = `${reference.registry}/${reference.repository}`;
    const running = this.#ensured.get(key) ?? provider.ensureRepository(reference, { signal: this.#closing.signal });
    this.#ensured.set(key, running);
    try {
      await withAbort(running, signal);
    } catch (error) {
      if (!signal?.aborted) this.#ensured.delete(key);
      throw error;
    }
    return true;
  }
}

/** Credentials given in the options come first, the docker config only where there are none: a provider knows its registry better. */
function credentialsOf(options: RegistryClientOptions, providers: readonly RegistryProvider[]): CredentialProvider {
  const fromProviders: CredentialProvider = async (request) => {
    for (const provider of providers) {
      const found = provider.matches(request.registry) ? await provider.credentials?.(request) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return options.credentials === undefined
    ? chainCredentials(fromProviders, dockerConfigCredentials())
    : chainCredentials(options.credentials, fromProviders);
}
