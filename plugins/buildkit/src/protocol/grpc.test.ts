import { once } from "node:events";
import { connect, createServer } from "node:net";
import { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGrpcClient, type GrpcClient } from "./grpc-client.ts";
import { GrpcError } from "./grpc-error.ts";
import { type GrpcHandler, serveGrpc, unaryHandler } from "./grpc-server.ts";
import { loadMessages } from "./messages.ts";

const failures: unknown[] = [];
const own = new Error("no, ä");
let client: GrpcClient;
let release = () => {};

beforeAll(async () => {
  const messages = await loadMessages();
  const handlers = new Map<string, GrpcHandler>([
    ["/echo", unaryHandler(messages.BytesMessage, messages.BytesMessage, async ({ data }) => ({ data }))],
    [
      "/count",
      async (call) => {
        let [count, bytes] = [0, 0];
        for await (const message of call.messages) {
          count++;
          bytes += message.length;
        }
        await call.send([Buffer.from(`${count} ${bytes}`)]);
      },
    ],
    [
      "/repeat",
      async (call) => {
        for await (const message of call.messages) {
          for (let count = 0; count < 20; count += 2) await call.send([message, message]);
        }
      },
    ],
    [
      "/names",
      async (call) => {
        const names = call.metadata.get("name") ?? [];
        await call.send([messages.BytesMessage.encode({ data: Buffer.from(`${names.length} ${names.at(-1)}`) })]);
      },
    ],
    ["/not-found", () => Promise.reject(new GrpcError(5, "no %41"))],
    ["/broken", () => Promise.reject(own)],
    ["/silent", () => new Promise<void>(() => undefined)],
  ]);
  const server = createServer((socket) => void serveGrpc(socket, handlers, (error) => failures.push(error)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const socket = connect(address.port, "127.0.0.1");
  await once(socket, "connect");
  client = createGrpcClient(socket);
  release = () => {
    client.close();
    server.close();
  };
});
afterAll(() => release());

const text = async (path: string, message: Uint8Array) =>
  Buffer.from(await client.unary(path, message)).toString("latin1");

test("one message each way, empty and large", async () => {
  const messages = await loadMessages();
  for (const data of [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(9 * 2 ** 20, "b")]) {
    const answer = await client.unary("/echo", messages.BytesMessage.encode({ data }));
    expect(Buffer.compare(Buffer.from(messages.BytesMessage.decode(answer).data), data)).toBe(0);
  }
});

// One way at a time: with Node.js at both ends, two that write more than the sockets hold would both stop reading.
test("large messages stream there, and back, at the pace of the reader", async () => {
  const size = 3 * 2 ** 20;
  const up = client.call("/count");
  const sending = (async () => {
    for (let index = 0; index < 20; index++) await up.send(Buffer.alloc(size));
    up.end();
  })();
  for await (const message of up.messages) expect(Buffer.from(message).toString()).toBe(`20 ${20 * size}`);
  await sending;

  const down = client.call("/repeat");
  await down.send(Buffer.alloc(size, 7));
  down.end();
  let count = 0;
  for await (const message of down.messages) {
    expect([message.length, message[size - 1]]).toEqual([size, 7]);
    count++;
  }
  expect(count).toBe(20);
});

test("a thousand values of one name arrive", async () => {
  const call = client.call("/names", {
    name: Array.from({ length: 1000 }, (_, index) => `path/${index}, with a comma`),
  });
  call.end();
  for await (const message of call.messages) {
    expect(Buffer.from(message).toString()).toContain("1000 path/999, with a comma");
  }
  expect.assertions(1);
});

test("statuses are told as they are; what else is thrown is told and reported", async () => {
  await expect(text("/not-found", Buffer.alloc(0))).rejects.toMatchObject({ code: 5, message: "no %41" });
  await expect(text("/none", Buffer.alloc(0))).rejects.toMatchObject({ code: 12 });
  expect(failures).toEqual([]);
  await expect(text("/broken", Buffer.alloc(0))).rejects.toMatchObject({ code: 2, message: "no, ä" });
  expect(failures).toEqual([own]);
});

test("a cancelled call ends", async () => {
  const call = client.call("/silent");
  setTimeout(() => call.cancel(), 20);
  await expect(call.messages[Symbol.asyncIterator]().next()).rejects.toThrow(/middle of a call/);
});

test("a stream that ends at once fails every call, and later ones", async () => {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const broken = createGrpcClient(stream);
  const call = broken.unary("/echo", Buffer.alloc(0));
  setImmediate(() => stream.destroy(new Error("cut")));
  await expect(call).rejects.toThrow(/closed|middle of a call/);
  await expect(broken.unary("/echo", Buffer.alloc(0))).rejects.toThrow("closed");
  broken.close();
});
