// A port in front of the registry that counts what is sent to it: blobs, manifests and the headers of the requests.
import { connect, createServer } from "node:net";

/** @param target `host:port` */
export async function startCountingProxy(target) {
  const [host, port] = target.split(":");
  let bytes = 0;
  const server = createServer((client) => {
    const registry = connect(Number(port), host);
    client.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.pipe(registry).pipe(client);
    client.on("error", () => registry.destroy()).on("close", () => registry.destroy());
    registry.on("error", () => client.destroy()).on("close", () => client.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    /** Bytes sent since the last call. */
    take() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
    close: () => server.close(),
  };
}
