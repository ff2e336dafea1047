import { coversScopes } from "./scope.ts";

/** A token and until when it is used, in milliseconds since the epoch. */
export interface Token {
  readonly value: string;
  readonly expiresAt: number;
}

interface Entry {
  readonly scopes: readonly string[];
  readonly work: Promise<Token>;
  token: Token | undefined;
}

/** Tokens of one registry by scope set; equal requests made at once share one fetch. */
export class TokenCache {
  readonly #entries: Entry[] = [];

  /** A token that covers the scopes: a cached one with time left, else the fetched. A failed fetch is not remembered. */
  get(scopes: readonly string[], fetch: () => Promise<Token>): Promise<Token> {
    const now = Date.now();
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const expired = (this.#entries[i]?.token?.expiresAt ?? Number.POSITIVE_INFINITY) <= now;
      if (expired) this.#entries.splice(i, 1);
    }
    const cached = this.#entries.find((entry) => coversScopes(entry.scopes, scopes));
    if (cached !== undefined) return cached.work;

    const entry: Entry = { scopes, work: fetch(), token: undefined };
    this.#entries.push(entry);
    entry.work.then(
      (token) => {
        entry.token = token;
      },
      () => this.#drop(entry),
    );
    return entry.work;
  }

  /**
   * Forgets a token that the registry refused, and those that would take its place: a registry with a new key refuses all of them, and a
   * request is sent with one more token only.
   */
  forget(value: string): void {
    const refused = this.#entries.find(({ token }) => token?.value === value);
    if (refused === undefined) return;
    for (const entry of [...this.#entries]) {
      // What is being fetched is newer than the refusal.
      if (entry.token !== undefined && coversScopes(entry.scopes, refused.scopes)) this.#drop(entry);
    }
  }

  clear(): void {
    this.#entries.length = 0;
  }

  #drop(entry: Entry): void {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.#entries.splice(at, 1);
  }
}
