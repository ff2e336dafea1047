import { ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { Authorization, Authorizer, AuthTarget } from "../auth/authorizer.ts";
import { type Challenge, parseChallenges } from "../auth/challenge.ts";
import type { TokenRequest } from "../auth/token-service.ts";
import { ContentFailure } from "../transport/content-failure.ts";
import type { ResponseBody, Transport, TransportRequest, TransportResponse } from "../transport/transport.ts";
import { type Answer, type Call, publicUrl } from "./call.ts";
import type { EndpointBook } from "./endpoint.ts";
import { discard, followRedirects, isSameHost, type RedirectedResponse } from "./follow-redirects.ts";
import { isPlainAnswer, isTlsAnswer, isTransient, networkError } from "./network-error.ts";
import { readLimited } from "./read-limited.ts";
import { AttemptFailure, type RetryPolicy, retry } from "./retry.ts";
import { type FailedAnswer, statusError } from "./status-error.ts";
import { StatusFailure } from "./status-failure.ts";

const errorBodyLimit = 64 * 1024;
const tokenAnswerLimit = 1024 * 1024;
const pingPath = "/v2/";

export interface RegistryHttpOptions {
  readonly transport: Transport;
  readonly endpoints: EndpointBook;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** The authorizer of this client, which itself sends token requests through {@link RegistryHttp.sendTokenRequest}. */
  readonly createAuthorizer: (http: RegistryHttp) => Authorizer;
}

/** A response whose body is still to be read. */
export interface OpenAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: ResponseBody;
}

/** Calls of the distribution API: with credentials, redirects, errors that explain themselves, and retries. */
export class RegistryHttp {
  readonly retryPolicy: RetryPolicy;
  readonly endpoints: EndpointBook;
  readonly #options: RegistryHttpOptions;
  readonly #authorizer: Authorizer;

  constructor(options: RegistryHttpOptions) {
    this.#options = options;
    this.retryPolicy = options.retry;
    this.endpoints = options.endpoints;
    this.#authorizer = options.createAuthorizer(this);
  }

  /** The answer with its body, attempt after attempt; a body longer than the limit in bytes is an error. */
  answer(call: Call, limit: number = errorBodyLimit): Promise<Answer> {
    const { attempts, signal } = call;
    return retry(this.retryPolicy, { what: describe(call), attempts, signal }, () => this.attempt(call, limit));
  }

  /** One attempt of {@link answer}. @throws AttemptFailure */
  async attempt(call: Call, limit: number = errorBodyLimit): Promise<Answer> {
    const { response, url } = await this.#accepted(call);
    const bytes = await this.#inNetwork(call, url, () => readLimited(response.body, limit));
    if (bytes === undefined) {
      throw new ImageSpecError(
        "REGISTRY_PROTOCOL",
        `registry "${call.endpoint.registry}" sent more than ${limit} bytes for ${call.what}`,
        { hint: "check what the registry answers at this address", details: { url: publicUrl(url) } },
      );
    }
    return { status: response.status, header: (name) => response.header(name), bytes, url };
  }

  /** One attempt at opening a body, which the caller reads or destroys. @throws AttemptFailure */
  async open(call: Call): Promise<OpenAnswer> {
    const { response } = await this.#accepted(call);
    return { status: response.status, header: (name) => response.header(name), body: response.body };
  }

  /** Turns a failure of the network while reading an open body into an {@link AttemptFailure}. */
  failure(call: Call, error: unknown): unknown {
    return this.#attemptFailure(call, call.endpoint.resolve(call.target), error);
  }

  /** Sends a request to a token service; `undefined` when it refused the credentials. */
  async sendTokenRequest(target: AuthTarget, token: TokenRequest): Promise<Uint8Array | undefined> {
    const endpoint = this.endpoints.origin(target.registry);
    const post = token.form !== undefined;
    const call: Call = {
      endpoint,
      method: post ? "POST" : "GET",
      target: token.url,
      what: "a token",
      repository: target.repository,
      scopes: [],
      absence: "REGISTRY_ERROR",
      accept: post ? [200, 400, 401, 403] : [200, 401, 403],
      headers: token.headers,
      ...(token.form === undefined ? {} : { body: Buffer.from(token.form) }),
      signal: target.signal,
    };
    const answer = await retry(this.retryPolicy, { what: describe(call), signal: target.signal }, async () => {
      const { response, url } = await this.#send(call, undefined);
      if (!call.accept.includes(response.status)) throw await this.#statusFailure(call, response, url);
      const bytes = await this.#inNetwork(call, url, () => readLimited(response.body, tokenAnswerLimit));
      return { status: response.status, bytes };
    });
    return answer.status === 200 ? (answer.bytes ?? new Uint8Array()) : undefined;
  }

  /** A response with a status that the call accepts, after as many rounds of credentials as make sense. */
  async #accepted(call: Call): Promise<RedirectedResponse> {
    const { endpoint, repository, scopes, signal } = call;
    const authorization = this.#authorizer.begin({ registry: endpoint.registry, repository, scopes, signal });
    let header = await authorization.header();
    for (;;) {
      const answer = await this.#send(call, header);
      const { response, url } = answer;
      if (header === undefined && isEvasive(response.status)) {
        header = await this.#headerByPing(call, authorization);
        if (header !== undefined) {
          await this.#inNetwork(call, url, () => discard(response));
          continue;
        }
      }
      if (call.accept.includes(response.status)) return answer;
      const failure = await this.#statusFailure(call, response, url);
      if (!isSameHost(endpoint.resolve("/"), url) || !failure.isRefusal) throw failure;
      const challenges = parseChallenges(response.header("www-authenticate") ?? "");
      const next = await authorization.renew(challenges, header);
      if (next === undefined) throw await finalRefusal(call, failure, challenges, authorization);
      header = next;
    }
  }

  /**
   * Some registries hide what is private behind 404 or 403 instead of asking who is there. Only their `/v2/` tells how to log in;
   * each is asked once.
   */
  async #headerByPing(call: Call, authorization: Authorization): Promise<string | undefined> {
    const { endpoint, signal } = call;
    if (endpoint.pinged || call.target === pingPath) return undefined;
    endpoint.pinged = true;
    const ping: Call = { endpoint, method: "GET", target: pingPath, what: "the API", scopes: [], accept: [], signal };
    const { response } = await this.#send(ping, undefined);
    const challenges = parseChallenges(response.header("www-authenticate") ?? "");
    await this.#inNetwork(ping, endpoint.resolve(pingPath), () => discard(response));
    return response.status === 401 ? authorization.learn(challenges) : undefined;
  }

  async #send(call: Call, authorization: string | undefined): Promise<RedirectedResponse> {
    const { endpoint } = call;
    const mayBeTls = endpoint.mayTurnOutSecure && !(call.target instanceof URL);
    let answer: RedirectedResponse;
    try {
      answer = await this.#sendOnce(call, authorization);
    } catch (error) {
      if (mayBeTls && isTlsAnswer(error)) return this.#sendByTls(call, authorization, error);
      throw this.#attemptFailure(call, endpoint.resolve(call.target), error);
    }
    if (mayBeTls && answer.response.status === 400) {
      const failure = await this.#statusFailure(call, answer.response, answer.url);
      if (failure.saysTls) return this.#sendByTls(call, authorization);
      throw failure;
    }
    endpoint.answered = true;
    return answer;
  }

  /** A loopback registry that does not speak plain HTTP; without TLS either, the first failure counts. */
  async #sendByTls(call: Call, authorization: string | undefined, first?: unknown): Promise<RedirectedResponse> {
    const { endpoint } = call;
    endpoint.useTls(true);
    try {
      const answer = await this.#sendOnce(call, authorization);
      endpoint.answered = true;
      return answer;
    } catch (error) {
      const url = endpoint.resolve(call.target);
      if (first === undefined || !(isPlainAnswer(error) || isTlsAnswer(error)))
        throw this.#attemptFailure(call, url, error);
      endpoint.useTls(false);
      throw this.#attemptFailure(call, endpoint.resolve(call.target), first);
    }
  }

  #sendOnce(call: Call, authorization: string | undefined): Promise<RedirectedResponse> {
    throwIfAborted(call.signal);
    const { endpoint, body } = call;
    const url = endpoint.resolve(call.target);
    const size = body === undefined ? 0 : "open" in body ? body.size : body.length;
    const sendsBody = body !== undefined || call.method === "POST" || call.method === "PUT";
    const ownHost = isSameHost(endpoint.resolve("/"), url);
    const request: TransportRequest = {
      method: call.method,
      url,
      headers: {
        "user-agent": this.#options.userAgent,
        // A compressed answer would not have the bytes that the digest covers.
        "accept-encoding": "identity",
        ...call.headers,
        ...(sendsBody ? { "content-length": String(size) } : {}),
        ...(authorization === undefined || !ownHost ? {} : { authorization }),
      },
      ...(body === undefined ? {} : { body }),
      signal: call.signal,
      timeoutMs: this.#options.timeoutMs,
    };
    return followRedirects(this.#options.transport, request, this.endpoints);
  }

  async #statusFailure(call: Call, response: TransportResponse, url: URL): Promise<StatusFailure> {
    const body = await this.#inNetwork(call, url, () => readLimited(response.body, errorBodyLimit));
    const answer: FailedAnswer = {
      status: response.status,
      url,
      body: Buffer.from(body ?? []).toString("utf8"),
      retryAfter: response.header("retry-after"),
    };
    return new StatusFailure(statusError(call, answer), answer);
  }

  async #inNetwork<T>(call: Call, url: URL, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#attemptFailure(call, url, error);
    }
  }

  #attemptFailure(call: Call, url: URL, error: unknown): unknown {
    throwIfAborted(call.signal);
    // What the source of an upload throws explains itself, and is for whoever wrote the source.
    if (error instanceof ContentFailure) return error.cause;
    if (error instanceof AttemptFailure || isImageSpecError(error)) return error;
    return new AttemptFailure(networkError(call, url, error), {
      retry: isTransient(error, call.endpoint.answered),
    });
  }
}

function isEvasive(status: number): boolean {
  return status === 404 || status === 403;
}

/** A token service gives everybody a token: only its scope may be too small for what was asked (RFC 6750, 3.1). */
async function finalRefusal(
  call: Call,
  failure: StatusFailure,
  challenges: readonly Challenge[],
  authorization: Authorization,
): Promise<StatusFailure> {
  const lacksScope = challenges.some(({ parameters }) => parameters["error"] === "insufficient_scope");
  if (!lacksScope || !(await authorization.isIdentified())) return failure;
  const answer = { ...failure.answer, isIdentified: true };
  return new StatusFailure(statusError(call, answer), answer);
}

/** The text that retries are reported by. */
export function describe(call: Call): string {
  return `${call.method} ${call.endpoint.registry}${call.repository === undefined ? "" : `/${call.repository}`} ${call.what}`;
}
