import type { ErrorCode } from "@imagespec/errors";
import type { BuildVerdict } from "./verdict.ts";

/** A refusal with its reason: the spec field it is about, what the matter is, and what to do (starting with a verb). */
export function decline(
  path: string,
  message: string,
  hint?: string,
  code: ErrorCode = "BUILDER_DECLINED",
): BuildVerdict {
  return { action: "decline", problems: [{ code, path, message, ...(hint === undefined ? {} : { hint }) }] };
}
