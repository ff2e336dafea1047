import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { forwardPort } from "./forward-port.ts";
import { freePort } from "./free-port.ts";

test("carries whole answers, and nothing any more when closed", async () => {
  const body = "x".repeat(3 << 20);
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const forwarded = await forwardPort({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
    const url = `http://127.0.0.1:${forwarded.port}/`;
    const answers = await Promise.all([1, 2, 3].map(async () => (await fetch(url)).text()));
    expect(answers.every((answer) => answer === body)).toBe(true);
    await forwarded.close();
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("a target that is not there is a broken connection", async () => {
  await using forwarded = await forwardPort({ host: "127.0.0.1", port: await freePort() });
  await expect(fetch(`http://127.0.0.1:${forwarded.port}/`)).rejects.toThrow("fetch failed");
});
