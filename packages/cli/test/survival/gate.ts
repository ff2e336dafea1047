import { createServer, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** What a watcher may do with a request: let it through, or leave it without an answer. */
export type Verdict = "pass" | "hold";

/** A server that passes everything on and tells of each request before it does. */
export interface Gate extends AsyncDisposable {
  /** `127.0.0.1:41234` */
  readonly address: string;
  /** `METHOD path` of each request, in the order they came. */
  readonly requests: readonly string[];
  /** Asked for each request. @default everything passes */
  watch: (request: string) => Verdict;
}

/** Opens a gate in front of `host:port`. */
export async function openGate(target: string): Promise<Gate> {
  const requests: string[] = [];
  const [hostname, port] = target.split(":");
  const server = createServer((incoming, outgoing) => {
    const { method = "", url: path = "" } = incoming;
    const line = `${method} ${path}`;
    requests.push(line);
    if (gate.watch(line) === "hold") return;
    const onward = send({ hostname, port, method, path, headers: incoming.headers, agent: false });
    const cut = (): void => {
      onward.destroy();
      incoming.socket.destroy();
    };
    onward.once("response", (answer: IncomingMessage) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
      answer.once("error", cut);
    });
    onward.once("error", cut);
    outgoing.once("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Holds: a server that listens on a port has one.
  const { port: own } = server.address() as AddressInfo;
  const gate: Gate = {
    address: `127.0.0.1:${own}`,
    requests,
    watch: () => "pass",
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gate;
}
