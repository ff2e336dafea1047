import type { ConformanceCase } from "./conformance-case.ts";
import type { Session } from "./session/session.ts";

/**
 * Why a test has nothing to do for a builder: something that it does not declare, or nothing to compare it with. There is no
 * other reason.
 */
export function skipReason(
  session: Session,
  { group, needs = [], isForAppendable }: ConformanceCase,
): string | undefined {
  const missing = needs.filter((capability) => !session.can(capability));
  if (missing.length > 0) return `does not declare ${missing.map((capability) => `"${capability}"`).join(", ")}`;
  if (isForAppendable === true && session.builder.appendableSource !== true)
    return 'does not declare "appendableSource"';
  if (group === "reference" && !session.hasReference) return "no reference builder is given";
  return undefined;
}
