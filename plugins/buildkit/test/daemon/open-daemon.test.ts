import { chmod } from "node:fs/promises";
import { createServer as createHttpServer, request } from "node:http";
import { createServer, type Server } from "node:net";
import path from "node:path";
import { requireStack, run, temporaryFolder } from "@imagespec/test-support";
import { describe, expect, test } from "vitest";
import { daemonAvailability, openDaemon } from "../../src/daemon/open-daemon.ts";
import { solveWork } from "./solve-work.ts";

const { signal } = new AbortController();

/** Without any docker program, so that buildx cannot step in. */
const bare = { PATH: "/nowhere", DOCKER_CONFIG: "/nowhere" };

async function timed<T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const started = performance.now();
  const result = await work;
  return { result, ms: performance.now() - started };
}

async function listening(server: Server, socket: string): Promise<AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe("no daemon", () => {
  test("is told at once, with what was tried", async () => {
    await using folder = await temporaryFolder();
    const socket = path.join(folder.path, "d.sock");
    const env = { ...bare, DOCKER_HOST: `unix://${socket}` };
    const { result, ms } = await timed(daemonAvailability({ env }, signal));
    expect(result).toMatchObject({ available: false, reason: expect.stringContaining(`unix://${socket}`) });
    expect(result).toMatchObject({ hint: expect.stringMatching(/^start the engine, or name another daemon/) });
    expect(ms).toBeLessThan(1000);
    await expect(openDaemon({ env }, signal)).rejects.toMatchObject({
      code: "ENGINE_DOWN",
      details: {
        tried: [{ daemon: `unix://${socket} (DOCKER_HOST)`, code: "ENGINE_DOWN" }, { daemon: "docker buildx" }],
      },
    });
  });

  test("behind a socket that is left over", async () => {
    await using folder = await temporaryFolder();
    const socket = path.join(folder.path, "d.sock");
    // A process that dies leaves its socket.
    const script = `require("net").createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, "SIGKILL"))`;
    await run([process.execPath, "-e", script], { allowFailure: true });
    const { result, ms } = await timed(
      daemonAvailability({ env: { ...bare, DOCKER_HOST: `unix://${socket}` } }, signal),
    );
    expect(result).toMatchObject({ available: false });
    expect(ms).toBeLessThan(1000);
    await expect(openDaemon({ host: `unix://${socket}`, env: bare }, signal)).rejects.toMatchObject({
      code: "ENGINE_DOWN",
    });
    await expect(openDaemon({ env: { ...bare, BUILDKIT_HOST: `unix://${socket}` } }, signal)).rejects.toMatchObject({
      code: "ENGINE_DOWN",
      details: { code: "ECONNREFUSED" },
    });
  });

  test("that takes the connection and says nothing is not waited for long", async () => {
    await using folder = await temporaryFolder();
    const socket = path.join(folder.path, "d.sock");
    const server = await listening(
      createServer((connection) => connection.on("error", () => undefined).resume()),
      socket,
    );
    const { result, ms } = await timed(daemonAvailability({ host: `unix://${socket}`, env: bare }, signal));
    expect(result).toMatchObject({ available: false, reason: "no daemon answered within 3 s" });
    expect(ms).toBeLessThan(4000);
    const closed = performance.now();
    const stop = AbortSignal.timeout(50);
    await expect(openDaemon({ host: `unix://${socket}`, env: bare }, stop)).rejects.toMatchObject({ code: "ABORTED" });
    // Nobody waits for the answer any more, so nothing stays open.
    await server[Symbol.asyncDispose]();
    expect(performance.now() - closed).toBeLessThan(1000);
  });
});

test.skipIf(process.getuid?.() !== 0)("a socket that may not be opened", async () => {
  await using folder = await temporaryFolder();
  await chmod(folder.path, 0o755);
  const socket = path.join(folder.path, "d.sock");
  await using _server = await listening(createServer(), socket);
  await chmod(socket, 0o600);
  // root may open everything.
  process.seteuid?.(65534);
  try {
    const env = { ...bare, DOCKER_HOST: `unix://${socket}` };
    await expect(openDaemon({ env }, signal)).rejects.toMatchObject({
      code: "ENGINE_PERMISSION",
      hint: expect.stringMatching(/^add your user to the group/),
    });
  } finally {
    process.seteuid?.(0);
  }
});

test("an engine that lets nobody speak to BuildKit", async (context) => {
  const stack = await requireStack(context);
  const target = stack.dockerHost.slice("unix://".length);
  await using folder = await temporaryFolder();
  const socket = path.join(folder.path, "podman.sock");
  const refusing = createHttpServer((incoming, outgoing) => {
    if (incoming.method === "POST") return outgoing.writeHead(404).end('{"message":"Not Found"}');
    const forwarded = request({ socketPath: target, path: incoming.url ?? "", method: incoming.method ?? "GET" });
    forwarded.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    return forwarded.end();
  });
  await using _server = await listening(refusing, socket);
  const env = { ...bare, DOCKER_HOST: `unix://${socket}` };
  await expect(openDaemon({ transport: "grpc", env }, signal)).rejects.toMatchObject({
    code: "ENGINE_UNSUPPORTED",
    details: { status: 404 },
    hint: expect.stringContaining("docker buildx"),
  });
});

test("what was found out about a daemon does not outlive it", async (context) => {
  const stack = await requireStack(context);
  const target = stack.dockerHost.slice("unix://".length);
  await using folder = await temporaryFolder();
  const socket = path.join(folder.path, "d.sock");
  const { connect } = await import("node:net");
  const tunnel = createServer((incoming) => {
    const outgoing = connect(target);
    incoming.on("error", () => outgoing.destroy()).pipe(outgoing);
    outgoing.on("error", () => incoming.destroy()).pipe(incoming);
  });
  const options = { host: `unix://${socket}`, env: bare };
  {
    await using _server = await listening(tunnel, socket);
    const daemon = await openDaemon(options, signal);
    expect(daemon).toMatchObject({ kind: "engine", address: options.host });
    await daemon.solve(solveWork("FROM debian:bookworm-slim\n"));
    expect((await openDaemon(options, signal)).features).toEqual(daemon.features);
  }
  await expect(openDaemon(options, signal)).rejects.toMatchObject({ code: "ENGINE_DOWN" });
});
