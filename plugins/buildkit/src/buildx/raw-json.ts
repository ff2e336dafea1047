import type { BuildStatus, Vertex, VertexLog, VertexStatus, VertexWarning } from "../daemon/daemon.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * One line of `--progress rawjson`; nothing for lines that are no progress: errors stand between the JSON as plain text.
 *
 * Go leaves out fields that are empty, and writes bytes in base64.
 */
export function parseRawJson(line: string): BuildStatus | undefined {
  if (!line.startsWith("{")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const status = asObject(value);
  return {
    vertexes: listOf(status["vertexes"], vertexOf),
    statuses: listOf(status["statuses"], statusOf),
    logs: listOf(status["logs"], logOf),
    warnings: listOf(status["warnings"], warningOf),
  };
}

function vertexOf(vertex: JsonObject): Vertex {
  const group = vertex["progressGroup"];
  return {
    digest: textOf(vertex["digest"]),
    inputs: (Array.isArray(vertex["inputs"]) ? vertex["inputs"] : []).map(textOf),
    name: textOf(vertex["name"]),
    cached: vertex["cached"] === true,
    started: timeOf(vertex["started"]),
    completed: timeOf(vertex["completed"]),
    error: textOf(vertex["error"]),
    progressGroup:
      group === undefined
        ? undefined
        : {
            id: textOf(asObject(group)["id"]),
            name: textOf(asObject(group)["name"]),
            weak: asObject(group)["weak"] === true,
          },
  };
}

function statusOf(status: JsonObject): VertexStatus {
  return {
    id: textOf(status["id"]),
    vertex: textOf(status["vertex"]),
    name: textOf(status["name"]),
    current: numberOf(status["current"]),
    total: numberOf(status["total"]),
    timestamp: timeOf(status["timestamp"]),
    started: timeOf(status["started"]),
    completed: timeOf(status["completed"]),
  };
}

function logOf(log: JsonObject): VertexLog {
  return {
    vertex: textOf(log["vertex"]),
    timestamp: timeOf(log["timestamp"]),
    stream: numberOf(log["stream"]),
    message: bytesOf(log["data"]),
  };
}

function warningOf(warning: JsonObject): VertexWarning {
  return {
    vertex: textOf(warning["vertex"]),
    level: numberOf(warning["level"]),
    short: bytesOf(warning["short"]).toString("utf8"),
    detail: (Array.isArray(warning["detail"]) ? warning["detail"] : []).map((text) => bytesOf(text).toString("utf8")),
    url: textOf(warning["url"]),
  };
}

function listOf<T>(value: unknown, read: (entry: JsonObject) => T): readonly T[] {
  return (Array.isArray(value) ? value : []).map((entry: unknown) => read(asObject(entry)));
}

function asObject(value: unknown): JsonObject {
  // An object's fields can be looked at by name, whatever they hold.
  return typeof value === "object" && value !== null ? (value as JsonObject) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(textOf(value), "base64");
}

/** Milliseconds; Go writes nanoseconds, of which dates of JavaScript read three digits only. */
function timeOf(value: unknown): number | undefined {
  const at = Date.parse(textOf(value));
  return Number.isNaN(at) ? undefined : at;
}
