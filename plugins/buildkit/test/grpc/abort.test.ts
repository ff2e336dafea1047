import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { isImageSpecError } from "@imagespec/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSocketDialer } from "../../src/grpc/dialer.ts";
import { createGrpcDaemon } from "../../src/grpc/grpc-daemon.ts";
import { daemonNames, features, testDaemon, workOf } from "./daemons.ts";
import { isRunning, type SolveProgram, solveProgram, untilGone } from "./run-solve-process.ts";

let program: SolveProgram;
beforeAll(async () => {
  program = await solveProgram();
});
afterAll(() => program[Symbol.asyncDispose]());

/** A duration nobody else sleeps for. */
const uniqueSleep = () => `${randomInt(10_000, 90_000)}.${randomInt(100_000, 999_999)}`;

describe.each(daemonNames)("%s", (name) => {
  const protocol = name === "buildkitd" ? "native" : "upgrade";

  test.for([
    ["before anything", { abortAt: "begin" }],
    ["when the context is on its way", { abortAt: "context", contextBytes: 64 * 2 ** 20, pieceMs: 50 }],
    ["in a step", { abortAt: "log waiting" }],
    ["in the export", { abortAt: "started exporting", contextBytes: 64 * 2 ** 20 }],
  ] as const)("an abort %s ends the step and the process", async ([, order], context) => {
    const { socket, base } = await testDaemon(context, name);
    const seconds = uniqueSleep();
    const exporting = order.abortAt === "started exporting";
    const steps = "contextBytes" in order ? "COPY big /big\n" : "";
    const text = `FROM ${base}\n${steps}RUN ${exporting ? `true ${seconds}` : `echo waiting && exec sleep ${seconds}`}\n`;
    const child = program.start({
      socket,
      protocol,
      text,
      ...order,
      ...(exporting ? { exporter: { kind: "engine", name: `imagespec-test/abort-${name}:latest` } } : {}),
    });
    const failed = await child.line("failed");
    expect(failed).toMatch(/^failed ABORTED/);
    expect(Number(/after (\d+) ms/.exec(failed)?.[1])).toBeLessThan(200);
    expect(await child.ended(1000)).toBe(0);
    await untilGone(seconds, 1000);
  });

  test("a large context takes little memory", async (context) => {
    const { socket, base } = await testDaemon(context, name);
    const size = 256 * 2 ** 20;
    const child = program.start({ socket, protocol, text: `FROM ${base}\nCOPY big /big\n`, contextBytes: size });
    expect(await child.line("done")).toBe(`done ${size}`);
    const memory = await child.line("memory");
    expect(Number(memory.split(" ")[1])).toBeLessThan(200);
  });

  // Graph drivers push by themselves, after the build.
  test.runIf(name === "28.5-containerd" || name === "buildkitd")(
    "an abort in the push ends the process",
    async (context) => {
      const { socket, base } = await testDaemon(context, name);
      await using registry = await silentServer();
      const child = program.start({
        socket,
        protocol,
        text: `FROM ${base}\n`,
        exporter: { kind: "push", name: `127.0.0.1:${registry.port}/none`, insecure: true },
        abortAt: "status pushing",
      });
      expect(await child.line("failed")).toMatch(/^failed ABORTED/);
      expect(await child.ended(1000)).toBe(0);
    },
  );

  test.for(["SIGKILL", "SIGTERM", "SIGINT"] as const)("%s of the process ends the step", async (signal, context) => {
    const { socket, base } = await testDaemon(context, name);
    const seconds = uniqueSleep();
    const child = program.start({
      socket,
      protocol,
      text: `FROM ${base}\nRUN echo waiting && exec sleep ${seconds}\n`,
    });
    await child.line("log waiting");
    await expect.poll(() => isRunning(seconds)).toBe(true);
    child.kill(signal);
    await child.ended(1000);
    await untilGone(seconds, 3000);
  });

  test("a build that ends lets the process end", async (context) => {
    const { socket, base } = await testDaemon(context, name);
    const child = program.start({ socket, protocol, text: `FROM ${base}\nRUN true\n` });
    await child.line("done");
    expect(await child.ended(1000)).toBe(0);
  });
});

test.for(["native", "upgrade"] as const)("an abort while nobody answers (%s)", async (protocol) => {
  await using server = await silentServer();
  const daemon = createGrpcDaemon({
    kind: "engine",
    dialer: createSocketDialer({ host: "127.0.0.1", port: server.port }, [protocol]),
    address: "",
    version: "",
    features,
    platforms: [],
    engine: undefined,
  });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const start = performance.now();
  const error = await daemon.solve(workOf("FROM scratch\n", { signal: controller.signal })).catch((e: unknown) => e);
  expect(isImageSpecError(error, "ABORTED")).toBe(true);
  expect(performance.now() - start).toBeLessThan(500);
});

/** Takes connections and never says a word. */
async function silentServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined).resume();
    sockets.push(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
