import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { systemCodeOf } from "@imagespec/errors";
import { type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildkitDaemon, SolveError } from "../../src/daemon/daemon.ts";
import { createSocketDialer, type GrpcProtocol } from "../../src/grpc/dialer.ts";
import { createGrpcDaemon } from "../../src/grpc/grpc-daemon.ts";
import { UpgradeRefusedError } from "../../src/grpc/upgrade.ts";
import { daemonNames, features, fileOf, logOf, testDaemon, uniqueText, workOf } from "./daemons.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

function daemonAt(path: string, protocol: GrpcProtocol): BuildkitDaemon {
  return createGrpcDaemon({
    kind: protocol === "native" ? "buildkitd" : "engine",
    dialer: createSocketDialer({ path }, [protocol]),
    address: path,
    version: "",
    features,
    platforms: [],
    engine: undefined,
  });
}

interface Proxy extends AsyncDisposable {
  readonly path: string;
  /** In the order in which they were opened. */
  readonly connections: readonly { readonly client: Socket; readonly daemon: Socket }[];
}

/** A proxy in front of a daemon's socket. `forward` may hold back and cut up what passes. */
async function proxyTo(target: string, forward: (data: Buffer, to: Socket) => void): Promise<Proxy> {
  const path = folder.join(`${uniqueText()}.sock`);
  const connections: { client: Socket; daemon: Socket }[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect({ path: target, allowHalfOpen: true });
    connections.push({ client, daemon });
    for (const [from, to] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      from.on("data", (data) => forward(data, to));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await listenOn(server, path);
  return {
    path,
    connections,
    async [Symbol.asyncDispose]() {
      for (const { client, daemon } of connections) {
        client.destroy();
        daemon.destroy();
      }
      server.close();
    },
  };
}

async function listenOn(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, "listening");
}

const failureOf = async (running: Promise<unknown>): Promise<SolveError> => {
  const error = await running.then(
    () => new Error("did not fail"),
    (caught: unknown) => caught,
  );
  if (error instanceof SolveError) return error;
  throw error;
};

describe.each(daemonNames)("%s", (name) => {
  const protocol = name === "buildkitd" ? "native" : "upgrade";

  test("a connection that is cut up and held back carries a build", async (context) => {
    const { socket, base } = await testDaemon(context, name);
    const last = new Map<Socket, Promise<void>>();
    await using proxy = await proxyTo(socket, (data, to) => {
      const before = last.get(to) ?? Promise.resolve();
      const middle = Math.floor(data.length / 3);
      last.set(
        to,
        before.then(async () => {
          to.write(data.subarray(0, middle));
          await delay(2);
          to.write(data.subarray(middle));
        }),
      );
    });
    const log = logOf();
    const text = `FROM ${base}\nCOPY a /a\nRUN wc -c </a # ${uniqueText()}\n`;
    const content = fileOf("a", uniqueText().repeat(20_000));
    await daemonAt(proxy.path, protocol).solve(workOf(text, { context: [content], onStatus: log.onStatus }));
    expect(log.text()).toBe("320000\n");
  });

  test.for(["end", "destroy"] as const)(
    "a connection that is cut (%s) in a step fails within a second",
    async (how, context) => {
      const { socket, base } = await testDaemon(context, name);
      await using proxy = await proxyTo(socket, (data, to) => void to.write(data));
      const log = logOf();
      const text = `FROM ${base}\nRUN echo waiting; sleep 60 # ${uniqueText()}\n`;
      const failing = failureOf(daemonAt(proxy.path, protocol).solve(workOf(text, { onStatus: log.onStatus })));
      await expect.poll(() => log.text(), { timeout: 10_000 }).toBe("waiting\n");
      const start = performance.now();
      for (const { client, daemon } of proxy.connections) {
        client[how]();
        daemon[how]();
      }
      const error = await failing;
      expect(performance.now() - start).toBeLessThan(1000);
      expect(error.message).toMatch(/connection to the daemon ended/);
      expect(error.grpcCode).toBeUndefined();
    },
  );

  test("gives up when a step cannot be", async (context) => {
    const { daemon } = await testDaemon(context, name);
    const error = await failureOf(daemon.solve(workOf("FROM 127.0.0.1:1/none:1\n")));
    expect(error.grpcCode).toBeGreaterThan(0);
    const parse = await failureOf(daemon.solve(workOf("FRON scratch\n")));
    expect(parse.message).toMatch(/unknown instruction: FRON/i);
  });
});

test("a session that alone is cut fails the build soon", async (context) => {
  const { socket, base } = await testDaemon(context, "20.10");
  await using proxy = await proxyTo(socket, (data, to) => void to.write(data));
  const log = logOf();
  const text = `FROM ${base}\nRUN echo waiting; sleep 60 # ${uniqueText()}\n`;
  const failing = failureOf(daemonAt(proxy.path, "upgrade").solve(workOf(text, { onStatus: log.onStatus })));
  await expect.poll(() => log.text(), { timeout: 10_000 }).toBe("waiting\n");
  proxy.connections.at(-1)!.client.destroy();
  const start = performance.now();
  await failing;
  expect(performance.now() - start).toBeLessThan(2000);
});

test("a build whose progress alone is cut off goes on to its end", async (context) => {
  const { socket, base } = await testDaemon(context, "20.10");
  await using proxy = await proxyTo(socket, (data, to) => void to.write(data));
  const log = logOf();
  const text = `FROM ${base}\nRUN echo waiting; sleep 2 # ${uniqueText()}\n`;
  const building = daemonAt(proxy.path, "upgrade").solve(workOf(text, { onStatus: log.onStatus }));
  await expect.poll(() => log.text(), { timeout: 10_000 }).toBe("waiting\n");
  proxy.connections[1]!.client.destroy();
  expect(await building).toMatchObject({ contextBytes: 0 });
});

test("an Engine that does not speak HTTP/2 at once is told apart without delay", async (context) => {
  const { socket } = await testDaemon(context, "20.10");
  const start = performance.now();
  const error = await failureOf(daemonAt(socket, "native").solve(workOf("FROM scratch\n")));
  expect(performance.now() - start).toBeLessThan(1000);
  expect(error.grpcCode).toBeUndefined();
});

test.for([404, 403])("a server that answers HTTP %d to the upgrade", async (status) => {
  const path = folder.join(`${uniqueText()}.sock`);
  const server = createHttpServer((_, response) => response.writeHead(status).end("no such endpoint"));
  await listenOn(server, path);
  const error = await failureOf(daemonAt(path, "upgrade").solve(workOf("FROM scratch\n")));
  expect(error.cause).toBeInstanceOf(UpgradeRefusedError);
  expect(error.cause).toMatchObject({ status });
  expect(error.message).toContain("no such endpoint");
  server.close();
  expect(server.listening).toBe(false);
});

test.for(["native", "upgrade"] as const)("a server that hangs up at once (%s)", async (protocol) => {
  const path = folder.join(`${uniqueText()}.sock`);
  const server = createServer((socket) => void delay(10).then(() => socket.destroy()));
  await listenOn(server, path);
  const error = await failureOf(daemonAt(path, protocol).solve(workOf("FROM scratch\n")));
  expect(error.grpcCode).toBeUndefined();
  server.close();
});

test.for(["native", "upgrade"] as const)(
  "a socket that is not there, and one nobody listens on (%s)",
  async (protocol) => {
    const missing = await failureOf(daemonAt(folder.join("none.sock"), protocol).solve(workOf("FROM scratch\n")));
    expect(systemCodeOf(missing)).toBe("ENOENT");
    const daemon = createGrpcDaemon({
      kind: "buildkitd",
      dialer: createSocketDialer({ host: "127.0.0.1", port: 1 }, [protocol]),
      address: "",
      version: "",
      features,
      platforms: [],
      engine: undefined,
    });
    expect(systemCodeOf(await failureOf(daemon.solve(workOf("FROM scratch\n"))))).toBe("ECONNREFUSED");
  },
);
