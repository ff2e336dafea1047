import { ActiveRule } from "./active-rule.ts";
import type { Fault, FaultRule } from "./fault.ts";
import type { RequestHead } from "./request-head.ts";

/** Faults that decide how an exchange ends: there can be one. */
export type EndingFault = Extract<
  Fault,
  {
    kind:
      | "status"
      | "reset"
      | "stall"
      | "truncate"
      | "expire-token"
      | "redirect"
      | "refuse-head"
      | "forget-mount"
      | "lose-blob";
  }
>;

/** The rules in force, in the order they were added. */
export class RuleBook {
  #rules: readonly ActiveRule[] = [];

  add(rules: readonly FaultRule[]): void {
    this.#rules = [...this.#rules, ...rules.map((rule) => new ActiveRule(rule))];
  }

  clear(): void {
    this.#rules = [];
  }

  /** The faults of one request. A second rule that would end the exchange is kept for a later request. */
  claim(head: RequestHead): readonly Fault[] {
    const faults: Fault[] = [];
    for (const rule of this.#rules) {
      if (isEnding(rule.fault) && faults.some(isEnding)) continue;
      if (rule.claims(head)) faults.push(rule.fault);
    }
    return faults;
  }
}

export function isEnding(fault: Fault): fault is EndingFault {
  return endings.has(fault.kind);
}

const endings: ReadonlySet<string> = new Set<EndingFault["kind"]>([
  "status",
  "reset",
  "stall",
  "truncate",
  "expire-token",
  "redirect",
  "refuse-head",
  "forget-mount",
  "lose-blob",
]);
