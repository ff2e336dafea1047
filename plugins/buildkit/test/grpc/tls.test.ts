import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { run, type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSocketDialer, type TlsContents } from "../../src/grpc/dialer.ts";
import { createGrpcDaemon } from "../../src/grpc/grpc-daemon.ts";
import { daemonNames, features, logOf, testDaemon, uniqueText, workOf } from "./daemons.ts";

interface Pair {
  readonly key: string;
  readonly cert: string;
}

let folder: TemporaryFolder;
let server: Pair;
let client: Pair;
beforeAll(async () => {
  folder = await temporaryFolder();
  [server, client] = [await selfSigned("daemon"), await selfSigned("client")];
});
afterAll(() => folder[Symbol.asyncDispose]());

async function selfSigned(name: string): Promise<Pair> {
  const [key, cert] = [folder.join(`${name}.key`), folder.join(`${name}.pem`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:daemon.test"];
  await run(["openssl", "req", "-x509", "-days", "2", ...kind, "-out", cert, ...subject]);
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}

/** Puts TLS in front of a socket, and wants to see the client's certificate. */
async function secured(
  target: string,
): Promise<AsyncDisposable & { readonly port: number; readonly spoken: string[] }> {
  const spoken: string[] = [];
  const sockets: TLSSocket[] = [];
  const listener = createServer(
    {
      ...server,
      ca: client.cert,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ["h2", "http/1.1"],
    },
    (socket) => {
      spoken.push(String(socket.alpnProtocol));
      sockets.push(socket);
      const daemon = connect({ path: target });
      socket.on("error", () => daemon.destroy()).on("close", () => daemon.destroy());
      daemon.on("error", () => socket.destroy()).on("close", () => socket.destroy());
      socket.pipe(daemon).pipe(socket);
    },
  ).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    spoken,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

test.for((["20.10", "buildkitd"] as const).filter((name) => name === "20.10" || daemonNames.includes(name)))(
  "%s behind TLS with certificates on both sides",
  async (name, context) => {
    const { socket, base } = await testDaemon(context, name);
    const protocol = name === "buildkitd" ? "native" : "upgrade";
    await using proxy = await secured(socket);
    const build = async (tls: TlsContents) => {
      const log = logOf();
      const daemon = createGrpcDaemon({
        kind: name === "buildkitd" ? "buildkitd" : "engine",
        dialer: createSocketDialer({ host: "127.0.0.1", port: proxy.port, tls }, [protocol]),
        address: "",
        version: "",
        features,
        platforms: [],
        engine: undefined,
      });
      await daemon.solve(workOf(`FROM ${base}\nRUN echo built # ${uniqueText()}\n`, { onStatus: log.onStatus }));
      return log.text();
    };
    const trusted = { ca: server.cert, serverName: "daemon.test" };
    expect(await build({ ...trusted, ...client })).toBe("built\n");
    // A session over the Engine's upgrade is a connection of its own.
    expect(new Set(proxy.spoken)).toEqual(new Set(name === "buildkitd" ? ["h2"] : ["http/1.1"]));
    await expect(build({ ...client, serverName: "daemon.test" })).rejects.toMatchObject({
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
    await expect(build({ ...trusted, ...client, serverName: "other.test" })).rejects.toMatchObject({
      cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    });
    const refused = await build(trusted).catch((error: unknown) => error);
    const causes: string[] = [];
    for (let error = refused; error instanceof Error; error = error.cause) {
      causes.push(`${error.message} ${"code" in error ? String(error.code) : ""}`);
    }
    expect(causes.join("; ")).toMatch(/certificate required|CERTIFICATE_REQUIRED|ECONNRESET/);
  },
);
