import { fieldsOf, listOf, textOf } from "../client/plain-fields.ts";

/** What a failed call says, whichever library and transport it came by. */
export interface GoogleFailure {
  /** Name of a gRPC status: `PERMISSION_DENIED`. */
  readonly status: string;
  readonly message: string;
  /** Of the error's `ErrorInfo`: `SERVICE_DISABLED`. */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

const statuses: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

const byHttp: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "ALREADY_EXISTS",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  501: "UNIMPLEMENTED",
  504: "DEADLINE_EXCEEDED",
};

/** Codes of Node and of HTTP clients for a host that was not reached, or a connection that broke. */
const network =
  /^(?:ECONN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|EAI_AGAIN|EPIPE|ETIMEDOUT|ESOCKETTIMEDOUT|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_)/;

/** Reads what a client library threw; REST errors come as HTTP codes with the answer's JSON for a message. */
export function readFailure(error: unknown): GoogleFailure {
  const { code, status, message, reason, errorInfoMetadata, details, response } = fieldsOf(error);
  const answer = errorOf(fieldsOf(response)["data"]) ?? errorOf(parsed(textOf(message)));
  if (answer !== undefined) return readAnswer(answer, Number(code ?? status));
  const said = textOf(details) || textOf(message) || String(error);
  const metadata = strings(errorInfoMetadata);
  return { status: statusName(code ?? status, said), message: said, reason: textOf(reason) || undefined, metadata };
}

/** Reads the body of an answer of a REST API. */
export function readAnswerFailure({
  status,
  body,
}: {
  readonly status: number;
  readonly body: unknown;
}): GoogleFailure {
  const answer = errorOf(body);
  if (answer !== undefined) return readAnswer(answer, status);
  const message = typeof body === "string" && body !== "" ? body.slice(0, 300) : `HTTP ${status}`;
  return { status: statusName(status, message), message, reason: undefined, metadata: {} };
}

/** Whether asking again may help, and changes nothing when the call was carried out already. */
export function isTransient({ status }: GoogleFailure): boolean {
  return ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL"].includes(status);
}

function readAnswer(answer: Readonly<Record<string, unknown>>, http: number): GoogleFailure {
  const info = listOf(answer["details"])
    .map(fieldsOf)
    .find((detail) => textOf(detail["@type"]).endsWith("google.rpc.ErrorInfo"));
  // Older APIs say it in a list of their own.
  const first = fieldsOf(listOf(answer["errors"])[0]);
  const message = textOf(answer["message"]);
  return {
    status: textOf(answer["status"]) || statusName(answer["code"] ?? http, message),
    message,
    reason: textOf(info?.["reason"]) || textOf(first["reason"]) || undefined,
    metadata: strings(info?.["metadata"]),
  };
}

function statusName(code: unknown, message: string): string {
  if (typeof code === "string" && network.test(code)) return "UNAVAILABLE";
  const number = Number(code);
  if (number >= 100)
    return byHttp[number] ?? (number >= 500 ? (number === 500 ? "INTERNAL" : "UNAVAILABLE") : "UNKNOWN");
  if (Number.isInteger(number) && statuses[number] !== undefined && code !== "") return statuses[number];
  return /socket hang up|network|premature close|fetch failed|connection (?:reset|refused)/i.test(message)
    ? "UNAVAILABLE"
    : "UNKNOWN";
}

/** `{ error: { … } }`, as Google's REST APIs answer. */
function errorOf(body: unknown): Readonly<Record<string, unknown>> | undefined {
  const given = typeof body === "string" ? parsed(body) : body;
  const first = Array.isArray(given) ? given[0] : given;
  const { error } = fieldsOf(first);
  return typeof error === "object" && error !== null ? fieldsOf(error) : undefined;
}

function parsed(value: string): unknown {
  if (!value.startsWith("{") && !value.startsWith("[")) return undefined;
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function strings(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
