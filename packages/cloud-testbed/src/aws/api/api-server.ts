import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { FaultQueue } from "../../shared/fault-queue.ts";
import { type Listener, listen } from "../../shared/listen.ts";
import { pause } from "../../shared/pause.ts";
import { readBody } from "../../shared/read-body.ts";
import type { RequestLog } from "../../shared/request-log.ts";
import { AwsError } from "../aws-error.ts";
import { roleNotAssumable } from "../codebuild/role-not-assumable.ts";
import type { ApiFault, AwsFault } from "../faults.ts";
import type { OwnService } from "../own-service.ts";
import { type Answer, errorAnswer, jsonAnswer, send } from "./answers.ts";
import { createLogPages, type LogsOutput } from "./log-pages.ts";
import { type AwsRequest, type AwsService, parseRequest } from "./parse-request.ts";

export interface ApiServerOptions {
  readonly backingUrl: string;
  readonly accountId: string;
  readonly own: Readonly<Partial<Record<AwsService, OwnService>>>;
  /** Says why the sender of a request may not do it; the answer goes to it as it is. Without it everybody may do everything. */
  readonly authorize?: (asked: AwsRequest, input: Input, forward: () => Promise<Answer>) => Promise<Answer | undefined>;
  /** Sees what the services behind answered. */
  readonly onAnswer?: (asked: AwsRequest, answer: Answer) => void;
  /** Without them nothing goes wrong. */
  readonly faults?: FaultQueue<AwsFault>;
  readonly requests?: RequestLog;
  /** Answers requests that are none of AWS's; `true` when it did. */
  readonly special?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

type Input = Readonly<Record<string, unknown>>;

/** One address for every service: those of the test-bed's own, and what is behind it. */
export function startApiServer(options: ApiServerOptions): Promise<Listener> {
  const pages = createLogPages();
  return listen(async (request, response) => {
    if (options.special?.(request, response)) return;
    const body = await readBody(request);
    const asked = parseRequest(request, body);
    const { service, operation } = asked;
    const { method = "GET", url: path = "/", headers } = request;
    const entry = options.requests?.add({ service, operation, method, path, headers, body });
    const fault = options.faults?.take(operation, ({ op }) => op !== "build") as ApiFault | undefined;
    if (fault?.kind === "delay") await pause(fault.ms);
    if (fault?.kind === "drop-before") return void request.socket.destroy();
    const answer = (fault && faultAnswer(fault, asked)) ?? (await carryOut(asked, request, body, fault));
    if (fault?.kind === "drop-after") return void request.socket.destroy();
    if (entry !== undefined) entry.status = answer.status;
    send(response, answer);
  });

  async function carryOut(
    asked: AwsRequest,
    request: IncomingMessage,
    body: Uint8Array,
    fault: ApiFault | undefined,
  ): Promise<Answer> {
    const own = options.own[asked.service];
    if (asked.service === "logs" && asked.operation === "GetLogEvents") return logEvents(request, body, fault);
    if (own === undefined) {
      const answer = await forward(options.backingUrl, request, body);
      options.onAnswer?.(asked, answer);
      return answer;
    }
    try {
      const input = parseInput(body);
      const denial = await options.authorize?.(asked, input, () => forward(options.backingUrl, request, body));
      if (denial !== undefined) return denial;
      if (fault?.kind === "builds-not-found") {
        return jsonAnswer(200, { builds: [], buildsNotFound: input["ids"] });
      }
      return jsonAnswer(200, await own.call(asked.operation, input, asked));
    } catch (error) {
      if (error instanceof AwsError) return errorAnswer(asked, error);
      throw error;
    }
  }

  async function logEvents(request: IncomingMessage, body: Uint8Array, fault: ApiFault | undefined): Promise<Answer> {
    const input = parseInput(body);
    if (fault?.kind === "empty-page") return jsonAnswer(200, pages.empty(input));
    if (fault?.kind === "repeated-page") return jsonAnswer(200, pages.repeated(input));
    const translated = pages.translate(input);
    const changed = translated === input ? body : Buffer.from(JSON.stringify(translated));
    const answer = await forward(options.backingUrl, request, changed);
    // CloudWatch Logs answers so.
    if (answer.status === 200) pages.seen(input, JSON.parse(Buffer.from(answer.body).toString()) as LogsOutput);
    return answer;
  }

  function faultAnswer(fault: ApiFault, asked: AwsRequest): Answer | undefined {
    const isS3 = asked.service === "s3";
    const fail = (code: string, message: string, status = 400) =>
      errorAnswer(asked, new AwsError(code, message, status));
    switch (fault.kind) {
      case "throttle":
        return isS3
          ? fail("SlowDown", "Please reduce your request rate.", 503)
          : fail("ThrottlingException", "Rate exceeded");
      case "empty-500":
        return { status: 500, headers: {}, body: new Uint8Array() };
      case "denied": {
        const { action = `${asked.service}:${asked.operation}`, resource = "*" } = fault;
        const user = `arn:aws:iam::${options.accountId}:user/scripted`;
        const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
        return isS3 ? fail("AccessDenied", message, 403) : fail("AccessDeniedException", message);
      }
      case "error":
        return fail(fault.code, fault.message, fault.status);
      case "role-not-assumable":
        return fail("InvalidInputException", roleNotAssumable);
      default:
        return undefined;
    }
  }
}

function parseInput(body: Uint8Array): Input {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString() || "{}");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      // Checked in the line above.
      return value as Input;
    }
  } catch {
    throw new AwsError("SerializationException", "the body is no JSON");
  }
  throw new AwsError("SerializationException", "the body is no JSON object");
}

/** The same request, signature and all, to the server behind. */
async function forward(backingUrl: string, request: IncomingMessage, body: Uint8Array): Promise<Answer> {
  const { hostname, port } = new URL(backingUrl);
  // The Host header is among what is signed, so it stays.
  const { "transfer-encoding": _, ...headers } = request.headers;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: hostname,
        port,
        method: request.method,
        path: request.url,
        headers: { ...headers, "content-length": body.length },
        agent: false,
      },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
  return { status: response.statusCode ?? 502, headers: response.headers, body: await readBody(response) };
}
