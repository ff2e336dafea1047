import type { BuildFailure, BuildState, BuildStatus, StepState } from "./build-state.ts";
import { fieldsOf, listOf, textOf } from "./plain-fields.ts";

const statuses: Readonly<Record<string, BuildStatus>> = {
  "0": "UNKNOWN STATUS_UNKNOWN",
  "1": "QUEUED",
  "2": "WORKING",
  "3": "SUCCESS",
  "4": "FAILURE",
  "5": "INTERNAL_ERROR",
  "6": "TIMEOUT",
  "7": "CANCELLED",
  "9": "EXPIRED",
  "10": "PENDING",
};
const known: ReadonlySet<unknown> = new Set(Object.values(statuses));

const failureTypes: readonly string[] = [
  "",
  "PUSH_FAILED",
  "PUSH_IMAGE_NOT_FOUND",
  "PUSH_NOT_AUTHORIZED",
  "LOGGING_FAILURE",
  "USER_BUILD_STEP",
  "FETCH_SOURCE_FAILED",
];

/** Reads a `Build` of any transport and major of the client: some give enums as numbers, some as names. */
export function parseBuild(value: unknown): BuildState {
  const build = fieldsOf(value);
  const results = fieldsOf(build["results"]);
  return {
    id: textOf(build["id"]),
    status: statusOf(build["status"]),
    statusDetail: textOf(build["statusDetail"]),
    failure: failureOf(build["failureInfo"]),
    steps: listOf(build["steps"]).map(stepOf),
    phases: Object.fromEntries(Object.entries(fieldsOf(build["timing"])).map(([name, span]) => [name, spanOf(span)])),
    images: listOf(results["images"]).map((image) => {
      const { name, digest } = fieldsOf(image);
      return { name: textOf(name), digest: textOf(digest) };
    }),
    outputs: listOf(results["buildStepOutputs"]).map(bytesText),
    tags: listOf(build["tags"]).map(textOf),
    logUrl: textOf(build["logUrl"]),
    logsBucket: textOf(build["logsBucket"]),
  };
}

function statusOf(value: unknown): BuildStatus {
  const named = known.has(value) ? value : statuses[String(value)];
  // Each value of the table, and each name in `known`, is a status.
  return (named as BuildStatus | undefined) ?? `UNKNOWN ${String(value)}`;
}

function failureOf(value: unknown): BuildFailure | undefined {
  const { type, detail } = fieldsOf(value);
  const name = typeof type === "number" ? (failureTypes[type] ?? String(type)) : textOf(type);
  const isNothing = (name === "" || name === "FAILURE_TYPE_UNSPECIFIED") && textOf(detail) === "";
  return isNothing ? undefined : { type: name === "FAILURE_TYPE_UNSPECIFIED" ? "" : name, detail: textOf(detail) };
}

function stepOf(value: unknown): StepState {
  const { id, status, exitCode, timing } = fieldsOf(value);
  const code = Number(exitCode ?? 0);
  return {
    id: textOf(id),
    status: statusOf(status ?? 0),
    exitCode: Number.isInteger(code) && code !== 0 ? code : undefined,
    ...spanOf(timing),
  };
}

function spanOf(value: unknown): { readonly started: number | undefined; readonly ms: number | undefined } {
  const { startTime, endTime } = fieldsOf(value);
  const [started, ended] = [timeOf(startTime), timeOf(endTime)];
  return { started, ms: started === undefined || ended === undefined ? undefined : Math.max(0, ended - started) };
}

/** `{ seconds, nanos }`, or RFC 3339 as JSON has it. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === "string") return Number.isNaN(Date.parse(value)) ? undefined : Date.parse(value);
  const { seconds, nanos } = fieldsOf(value);
  return seconds === undefined || seconds === null
    ? undefined
    : Number(seconds) * 1000 + Math.round(Number(nanos ?? 0) / 1e6);
}

function bytesText(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return Buffer.from(textOf(value), "base64").toString("utf8");
}
