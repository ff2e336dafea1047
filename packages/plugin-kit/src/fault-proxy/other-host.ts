/** What an address on the other host stands for. */
export interface OfferedContent {
  /** Path with query at the target. */
  readonly path: string;
  /** Of the client that was sent here. It stays with the proxy: the address is all that the other host asks for. */
  readonly authorization: string | undefined;
}

/** Addresses that need no credentials, as the signed ones of a storage do. */
export class OtherHost {
  /** `http://localhost:41234` */
  readonly origin: string;
  readonly #authorizations: (string | undefined)[] = [];

  constructor(origin: string) {
    this.origin = origin;
  }

  /** An address for a path of the target. */
  offer(content: OfferedContent): string {
    const number = this.#authorizations.push(content.authorization) - 1;
    return `${this.origin}/signed/${number}${content.path}`;
  }

  /** What was offered under a path; the client may have added to its query. Other paths go to the target as they are. */
  find(path: string): OfferedContent {
    const [, number, rest] = /^\/signed\/(\d+)(\/.*)$/.exec(path) ?? [];
    if (number === undefined || rest === undefined) return { path, authorization: undefined };
    return { path: rest, authorization: this.#authorizations[Number(number)] };
  }
}
