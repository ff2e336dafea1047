import { connect, createServer, type Socket } from "node:net";

/** A port that leads to another. */
export interface ForwardedPort {
  readonly port: number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a free port on every interface; each of its connections is joined to one of the target. */
export async function forwardPort(target: { readonly host: string; readonly port: number }): Promise<ForwardedPort> {
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(target.port, target.host);
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(from);
      from.pipe(to);
      // An end that breaks, or is gone, takes the other along; the clients at both ends see it as they would without a middle.
      from.on("error", () => to.destroy());
      from.once("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "0.0.0.0", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as { readonly port: number };
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return { port, close, [Symbol.asyncDispose]: close };
}
