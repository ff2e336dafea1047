import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { AwsError } from "../aws-error.ts";
import type { AwsRequest } from "./parse-request.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

export function jsonAnswer(status: number, content: unknown): Answer {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() },
    body: Buffer.from(JSON.stringify(content)),
  };
}

/** An error in the protocol of the service that refuses. */
export function errorAnswer({ protocol }: Pick<AwsRequest, "protocol">, error: AwsError): Answer {
  const { code, message, status } = error;
  if (protocol === "json") return jsonAnswer(status, { __type: code, message });
  const id = randomUUID();
  const escaped = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const inner = `<Code>${code}</Code><Message>${escaped}</Message>`;
  const xml =
    protocol === "query"
      ? `<ErrorResponse><Error><Type>Sender</Type>${inner}</Error><RequestId>${id}</RequestId></ErrorResponse>`
      : `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner}<RequestId>${id}</RequestId></Error>`;
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": id }, body: Buffer.from(xml) };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { "transfer-encoding": _, ...rest } = headers;
  // A HEAD answer has the length of a body that it does not carry.
  const length = response.req.method === "HEAD" ? {} : { "content-length": String(body.length) };
  response.writeHead(status, { ...rest, ...length });
  response.end(body);
}
