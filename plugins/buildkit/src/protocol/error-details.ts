import type { SolveErrorDetail } from "../daemon/solve-error.ts";
import type { Messages } from "./messages.ts";

/**
 * What BuildKit attaches to an error: a google.rpc.Status whose details are JSON by type. Unknown types (stack traces among them)
 * and damaged ones are left out: they only say more about an error that is told anyway.
 */
export function decodeErrorDetails(
  encoded: Uint8Array,
  messages: Pick<Messages, "Status">,
): readonly SolveErrorDetail[] {
  let details: ReturnType<Messages["Status"]["decode"]>["details"];
  try {
    ({ details } = messages.Status.decode(encoded));
  } catch {
    return [];
  }
  return details.flatMap(({ type_url: type, value }) => {
    const json = parseObject(value);
    return json === undefined ? [] : detailOf(type, json);
  });
}

function detailOf(type: string, json: Readonly<Record<string, unknown>>): readonly SolveErrorDetail[] {
  if (type.endsWith("ExitMessage+json") && typeof json["Code"] === "number")
    return [{ kind: "exit", code: json["Code"] }];
  if (type.endsWith("errdefs.Vertex+json") && typeof json["digest"] === "string") {
    return [{ kind: "vertex", digest: json["digest"] }];
  }
  if (!type.endsWith("errdefs.Source+json")) return [];
  const file = objectOf(json["info"])?.["filename"];
  const ranges = (Array.isArray(json["ranges"]) ? json["ranges"] : []).flatMap((range) => {
    const start = lineOf(objectOf(range)?.["start"]);
    return start === undefined ? [] : [{ start, end: lineOf(objectOf(range)?.["end"]) ?? start }];
  });
  return [{ kind: "source", file: typeof file === "string" ? file : "", ranges }];
}

function lineOf(position: unknown): number | undefined {
  const line = objectOf(position)?.["line"];
  return typeof line === "number" ? line : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // An object's fields can be looked at by name, whatever they hold.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
