import { ImageSpecError } from "@imagespec/errors";
import { Exchange } from "./exchange.ts";
import type { FaultRule } from "./fault.ts";
import { handleExchange } from "./handle-exchange.ts";
import { type Listener, listen } from "./listen.ts";
import { OtherHost } from "./other-host.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import { RuleBook } from "./rule-book.ts";

export interface FaultProxyOptions {
  /** `host[:port]` for plain HTTP, or an http(s) URL. Without a path. */
  readonly target: string | URL;
  /** Rules from the start; {@link FaultProxy.add} adds to them. */
  readonly faults?: readonly FaultRule[] | undefined;
  /** @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** @default 0, a free one */
  readonly port?: number | undefined;
  /** PEM texts; with them the proxy, and its other host, speak https only. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** A proxy that listens. */
export interface FaultProxy extends AsyncDisposable {
  /** Host and port, as they stand in image references: `127.0.0.1:41234`. */
  readonly address: string;
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  /** Host and port of the second listener, which redirects lead to: another name for this machine, such as `localhost:41235`. */
  readonly otherHost: string;
  /** Requests so far, in the order they came. */
  readonly requests: readonly RecordedRequest[];
  /** Requests to the other host. */
  readonly otherHostRequests: readonly RecordedRequest[];
  /** Adds rules behind those there are. Of several that would end an exchange, the first that matches does. */
  add(...rules: readonly FaultRule[]): void;
  /** Removes every rule and forgets the requests so far. Exchanges that are under way keep their faults. */
  clear(): void;
  /** Cuts every connection and resolves when nothing is going on any more. */
  close(): Promise<void>;
}

/**
 * Starts a proxy in front of a registry that passes everything on, streaming, and injects the faults that its rules say. `Location`,
 * `Link` and challenges that name the target name the proxy instead, so that a client stays with it.
 *
 * @throws CONFIG_INVALID when the target is no address, the host or port cannot be listened on, or the TLS key and certificate cannot be used
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { host = "127.0.0.1", port = 0, tls } = options;
  const target = parseTarget(options.target);
  const rules = new RuleBook();
  rules.add(options.faults ?? []);
  const running = new Set<Promise<void>>();
  const requests: RecordedRequest[] = [];
  const otherHostRequests: RecordedRequest[] = [];
  const scheme = tls === undefined ? "http" : "https";

  const serve = (exchange: Exchange, recorded: RecordedRequest[]): void => {
    recorded.push(exchange.record);
    const faults = rules.claim(exchange.head);
    exchange.suffer(faults);
    const work = handleExchange(exchange, faults, { target, otherHost }).finally(() => running.delete(work));
    running.add(work);
  };
  const other: Listener = await listen({ host, port: 0, tls }, (incoming, outgoing) => {
    serve(new Exchange(incoming, outgoing, true), otherHostRequests);
  });
  const otherHost = new OtherHost(`${scheme}://${otherNameOf(host)}:${other.port}`);
  let main: Listener;
  try {
    main = await listen({ host, port, tls }, (incoming, outgoing) => {
      serve(new Exchange(incoming, outgoing, false), requests);
    });
  } catch (error) {
    await other.close();
    throw error;
  }

  const address = `${reachableHost(host)}:${main.port}`;
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await Promise.all([main.close(), other.close()]);
    await Promise.all(running);
  }
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  return {
    address,
    url: `${scheme}://${address}`,
    otherHost: new URL(otherHost.origin).host,
    requests,
    otherHostRequests,
    add: (...added) => rules.add(added),
    clear() {
      rules.clear();
      requests.length = 0;
      otherHostRequests.length = 0;
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

function parseTarget(target: string | URL): URL {
  const text = String(target);
  const full = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(full) && /^https?:\/\/[^/\s]+\/?$/i.test(full)) return new URL(full);
  throw new ImageSpecError("CONFIG_INVALID", `"${text}" is not the address of a registry`, {
    hint: 'give "host:port" or an http(s) URL as target',
  });
}

function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** Clients that compare host names without ports take only another name for another host. */
function otherNameOf(host: string): string {
  const reachable = reachableHost(host);
  if (reachable === "localhost") return "127.0.0.1";
  return reachable === "127.0.0.1" || reachable === "[::1]" ? "localhost" : reachable;
}
