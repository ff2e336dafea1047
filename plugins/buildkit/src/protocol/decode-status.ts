import type { BuildStatus } from "../daemon/build-status.ts";
import type { StatusResponseMessage, TimestampMessage } from "./messages.ts";

/** BuildKit's words for progress in ours. */
export function decodeStatus(response: StatusResponseMessage): BuildStatus {
  return {
    vertexes: response.vertexes.map((vertex) => ({
      digest: vertex.digest,
      inputs: vertex.inputs,
      name: vertex.name,
      cached: vertex.cached,
      started: milliseconds(vertex.started),
      completed: milliseconds(vertex.completed),
      error: vertex.error,
      progressGroup: vertex.progressGroup ?? undefined,
    })),
    statuses: response.statuses.map((status) => ({
      id: status.ID,
      vertex: status.vertex,
      name: status.name,
      current: status.current,
      total: status.total,
      timestamp: milliseconds(status.timestamp),
      started: milliseconds(status.started),
      completed: milliseconds(status.completed),
    })),
    logs: response.logs.map((log) => ({
      vertex: log.vertex,
      timestamp: milliseconds(log.timestamp),
      stream: log.stream,
      message: log.msg,
    })),
    warnings: response.warnings.map((warning) => ({
      vertex: warning.vertex,
      level: warning.level,
      short: text(warning.short),
      detail: warning.detail.map(text),
      url: warning.url,
    })),
  };
}

function milliseconds(time: TimestampMessage | null): number | undefined {
  return time === null ? undefined : time.seconds * 1000 + time.nanos / 1e6;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
