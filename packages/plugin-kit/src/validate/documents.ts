import { createHash } from "node:crypto";
import type { Findings } from "./finding.ts";

/** A JSON object that nobody has checked yet. */
export type Json = Readonly<Record<string, unknown>>;

/** The fields of a descriptor that hold after {@link checkDescriptor}. */
export interface CheckedDescriptor {
  readonly mediaType: string;
  readonly digest: `sha256:${string}`;
  readonly size: number;
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function sha256(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The JSON object in some bytes; a finding otherwise. */
export function parseDocument(findings: Findings, at: string, bytes: Uint8Array): Json | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    findings.add("json", at, `is not JSON in UTF-8: ${error.message}`);
    return undefined;
  }
  if (isObject(value)) return value;
  findings.add("json", at, "is not a JSON object");
  return undefined;
}

/** A descriptor of the form that every image of ours uses: sha256, a size, a media type. */
export function checkDescriptor(findings: Findings, at: string, value: unknown): CheckedDescriptor | undefined {
  if (!isObject(value)) {
    findings.add("descriptor", at, "is not a descriptor");
    return undefined;
  }
  const { mediaType, digest, size } = value;
  const whole = [
    findings.check(
      typeof mediaType === "string" && /^[\w.+-]+\/[\w.+-]+$/.test(mediaType),
      "media-type",
      at,
      `has media type ${JSON.stringify(mediaType)}`,
    ),
    findings.check(
      typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest),
      "digest",
      at,
      `has digest ${JSON.stringify(digest)}`,
    ),
    findings.check(Number.isSafeInteger(size) && Number(size) >= 0, "size", at, `has size ${JSON.stringify(size)}`),
  ];
  // The three checks above say what the fields are.
  return whole.includes(false) ? undefined : (value as unknown as CheckedDescriptor);
}
