import { createServer } from "node:net";

/** A port on 127.0.0.1 that nothing listens on. Prefer listening on 0 where the program allows it: between this and its use another can take it. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new TypeError("a TCP server without a port"));
        else resolve(address.port);
      });
    });
  });
}
