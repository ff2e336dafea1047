import type { Fault, FaultMatch, FaultRule } from "./fault.ts";
import { bearerTokenOf, isManifestPush, isUploadStart, mountOf, type RequestHead } from "./request-head.ts";

/** A rule with its counters. */
export class ActiveRule {
  readonly fault: Fault;
  readonly #match: FaultMatch;
  readonly #requestsByToken = new Map<string, number>();
  #toPass: number;
  #left: number;

  constructor(rule: FaultRule) {
    const { after = 0, fault, match = {}, times = 1 } = rule;
    this.fault = fault;
    this.#match = match;
    this.#toPass = after;
    this.#left = times === "always" ? Number.POSITIVE_INFINITY : times;
  }

  /** Whether the fault happens to a request, which is counted then. */
  claims(head: RequestHead): boolean {
    if (this.#left <= 0 || !matches(this.#match, head) || !this.#suits(head)) return false;
    if (this.#toPass > 0) {
      this.#toPass--;
      return false;
    }
    this.#left--;
    return true;
  }

  #suits(head: RequestHead): boolean {
    switch (this.fault.kind) {
      case "refuse-head":
        return head.method === "HEAD";
      case "ignore-range":
        return head.headers.range !== undefined;
      case "refuse-mount":
      case "forget-mount":
        return mountOf(head) !== undefined;
      case "upload-elsewhere":
        return isUploadStart(head);
      case "lose-blob":
        return isManifestPush(head);
      case "expire-token":
        return this.#isSpent(bearerTokenOf(head), this.fault.afterRequests);
      default:
        return true;
    }
  }

  #isSpent(token: string | undefined, afterRequests: number): boolean {
    if (token === undefined) return false;
    const before = this.#requestsByToken.get(token) ?? 0;
    this.#requestsByToken.set(token, before + 1);
    return before >= afterRequests;
  }
}

function matches({ host, method, path }: FaultMatch, head: RequestHead): boolean {
  const methods = typeof method === "string" ? [method] : method;
  if (methods !== undefined && !methods.includes(head.method)) return false;
  if (path !== undefined && !(typeof path === "string" ? head.path.includes(path) : found(path, head.path)))
    return false;
  if (host === undefined) return !head.isElsewhere;
  const named = head.headers.host ?? "";
  return typeof host === "string" ? host === named : found(host, named);
}

/** Unlike `test`, `search` does not depend on where a global pattern stopped the last time. */
function found(pattern: RegExp, text: string): boolean {
  return text.search(pattern) !== -1;
}
