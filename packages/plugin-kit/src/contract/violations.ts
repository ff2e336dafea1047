import type { ContractViolation } from "./expectation.ts";

/** Collects violations; every rule is looked at, whatever is found on the way. */
export class Violations {
  readonly list: ContractViolation[] = [];

  check(condition: boolean, rule: string, message: string): void {
    if (!condition) this.list.push({ rule, message });
  }
}
