import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { errorAnswer, expiredTokenAnswer, forgottenMountAnswer, statusAnswer } from "./answer.ts";
import { bodyStages, CutShort, stall } from "./body-stages.ts";
import { ClientGone, type Exchange } from "./exchange.ts";
import type { ExchangeHalf, Fault } from "./fault.ts";
import type { OtherHost } from "./other-host.ts";
import { withOwnAddresses } from "./own-addresses.ts";
import { type EndingFault, isEnding } from "./rule-book.ts";
import { askTarget, bodyOf, endToEnd, TargetFailure } from "./target.ts";

export interface ExchangeContext {
  readonly target: URL;
  readonly otherHost: OtherHost;
}

/** Answers one request as the target does, but for the faults. */
export async function handleExchange(
  exchange: Exchange,
  faults: readonly Fault[],
  context: ExchangeContext,
): Promise<void> {
  try {
    await carryOut(exchange, faults, context).catch((error: unknown) => breakOff(exchange, error));
  } catch (error) {
    if (exchange.signal.aborted || error instanceof ClientGone) return;
    throw error;
  }
}

async function carryOut(exchange: Exchange, faults: readonly Fault[], context: ExchangeContext): Promise<void> {
  for (const fault of faults) {
    if (fault.kind === "delay") await sleep(fault.ms, undefined, { signal: exchange.signal });
  }
  const ending = faults.find(isEnding);
  if (await endsBefore("request", exchange, ending)) return;
  if (ending !== undefined && (await answersInstead(exchange, ending, context))) return;
  const response = await forward(exchange, faults, context);
  if (await endsBefore("response", exchange, ending)) response.destroy();
  else await relay(exchange, response, faults, context);
}

async function breakOff(exchange: Exchange, error: unknown): Promise<void> {
  if (error instanceof CutShort) return exchange.cut(error.by);
  if (!(error instanceof TargetFailure)) throw error;
  if (exchange.hasAnswered) return exchange.cut("reset");
  return exchange.answer(errorAnswer(502, "UNAVAILABLE", "the target of the fault proxy cannot be reached"));
}

/** A reset or stall before the first byte of one half. */
async function endsBefore(half: ExchangeHalf, exchange: Exchange, ending: EndingFault | undefined): Promise<boolean> {
  if (ending?.kind !== "reset" && ending?.kind !== "stall") return false;
  if ((ending.in ?? "request") !== half || (ending.afterBytes ?? 0) > 0) return false;
  if (ending.kind === "stall") await stall(exchange.signal);
  await exchange.cut("reset");
  return true;
}

/** Faults by which the target never gets the request. */
async function answersInstead(exchange: Exchange, ending: EndingFault, context: ExchangeContext): Promise<boolean> {
  const { head } = exchange;
  switch (ending.kind) {
    case "status":
      if (ending.forward === true) return false;
      await exchange.answer(statusAnswer(ending, head));
      return true;
    case "expire-token":
      await exchange.answer(expiredTokenAnswer(await challengeOf(exchange, context)));
      return true;
    case "redirect": {
      const location = context.otherHost.offer({ path: head.path, authorization: head.headers.authorization });
      await exchange.answer({ status: ending.status ?? 307, headers: { location }, body: "" });
      return true;
    }
    case "refuse-head":
      await exchange.answer(errorAnswer(405, "UNSUPPORTED", "HEAD is not supported", { allow: "GET" }));
      return true;
    case "forget-mount":
      await exchange.answer(forgottenMountAnswer(head));
      return true;
    case "lose-blob":
      await exchange.answer(errorAnswer(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"));
      return true;
    default:
      return false;
  }
}

/** How the target asks for credentials, with the proxy's addresses. */
async function challengeOf(exchange: Exchange, { target }: ExchangeContext): Promise<string | undefined> {
  const ping = { method: "GET", path: "/v2/", headers: { accept: "*/*" }, signal: exchange.signal };
  const response = await askTarget(target, ping);
  response.resume();
  return withOwnAddresses(response.headers, target, exchange.ownOrigin)["www-authenticate"];
}

async function forward(
  exchange: Exchange,
  faults: readonly Fault[],
  { otherHost, target }: ExchangeContext,
): Promise<IncomingMessage> {
  const { head, signal } = exchange;
  const { authorization, path } = head.isElsewhere
    ? otherHost.find(head.path)
    : { authorization: head.headers.authorization, path: head.path };
  const stages = bodyStages(faults, "request", signal);
  const withoutRange = faults.some(({ kind }) => kind === "ignore-range");
  const headers: IncomingHttpHeaders = { ...head.headers, ...(authorization === undefined ? {} : { authorization }) };
  if (withoutRange) delete headers.range;
  return askTarget(target, {
    method: head.method,
    path: faults.some(({ kind }) => kind === "refuse-mount") ? withoutMount(path) : path,
    headers,
    body: stages.reduce<AsyncIterable<Uint8Array>>((body, stage) => stage(body), exchange.body()),
    signal,
  });
}

async function relay(
  exchange: Exchange,
  response: IncomingMessage,
  faults: readonly Fault[],
  context: ExchangeContext,
): Promise<void> {
  const lost = faults.find((fault) => fault.kind === "status");
  if (lost !== undefined) {
    response.resume();
    await exchange.answer(statusAnswer(lost, exchange.head));
    return;
  }
  const body = bodyStages(faults, "response", exchange.signal).reduce<AsyncIterable<Uint8Array>>(
    (source, stage) => stage(source),
    bodyOf(response),
  );
  await exchange.respond(response.statusCode ?? 502, responseHeaders(exchange, response, faults, context), body);
}

function responseHeaders(
  exchange: Exchange,
  response: IncomingMessage,
  faults: readonly Fault[],
  { otherHost, target }: ExchangeContext,
): IncomingHttpHeaders {
  const headers = withOwnAddresses(endToEnd(response.headers), target, exchange.ownOrigin);
  for (const { kind } of faults) {
    if (kind === "wrong-digest" && headers["docker-content-digest"] !== undefined) {
      headers["docker-content-digest"] = `sha256:${createHash("sha256").update("another content").digest("hex")}`;
    }
    if (kind === "double" && exchange.head.method !== "HEAD" && headers["content-length"] !== undefined) {
      headers["content-length"] = String(2 * Number(headers["content-length"]));
    }
    if (kind === "upload-elsewhere" && headers.location !== undefined) {
      const { pathname, search } = new URL(headers.location, exchange.ownOrigin);
      const { authorization } = exchange.head.headers;
      headers.location = otherHost.offer({ path: `${pathname}${search}`, authorization });
    }
  }
  return headers;
}

/** The path of an upload that mounts nothing. */
function withoutMount(path: string): string {
  const [start = "", query] = path.split("?", 2);
  const parameters = new URLSearchParams(query);
  parameters.delete("mount");
  parameters.delete("from");
  return parameters.size === 0 ? start : `${start}?${parameters}`;
}
