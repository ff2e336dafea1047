import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { abortedError, ImageSpecError, systemCodeOf } from "@imagespec/errors";

/** A Docker Engine, spoken to over its socket, pipe or TCP address. */
export interface DockerEngine {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  /** What it calls an image; nothing when it has none of that name. @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED */
  imageId(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** Gives it the archive of an image. @throws ENGINE_DOWN, ENGINE_LOST, ENGINE_UNSUPPORTED with its answer */
  load(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The engine at an address, else the one that the environment names, else the first socket there is. */
export function dockerEngine(given: string | undefined, env: Env): DockerEngine {
  const host = given ?? detectHost(env);
  const ask = (method: "GET" | "POST", path: string, signal: AbortSignal, body?: AsyncIterable<Uint8Array>) =>
    send({ host, env, method, path, body, signal });
  return {
    host,
    async imageId(name, signal) {
      const answer = await ask("GET", `/images/${encodeURI(name)}/json`, signal);
      if (answer.status === 404) return undefined;
      const id = answer.status === 200 ? readField(answer.body, "Id") : undefined;
      if (id === undefined) throw unexpected(host, `about "${name}"`, answer);
      return id;
    },
    async load(archive, signal) {
      const answer = await ask("POST", "/images/load?quiet=1", signal, archive);
      // The status comes first: what goes wrong later stands in a stream of JSON lines.
      const failure = answer.body
        .split("\n")
        .map((line) => readField(line, "error"))
        .find((error) => error !== undefined);
      if (answer.status === 200 && failure === undefined) return;
      throw unexpected(host, "to load an image", failure === undefined ? answer : { ...answer, body: failure });
    },
  };
}

function detectHost(env: Env): string {
  const named = env["DOCKER_HOST"];
  if (named !== undefined && named !== "") return named;
  if (process.platform === "win32") return "npipe:////./pipe/docker_engine";
  const usual = "/var/run/docker.sock";
  const runtime = env["XDG_RUNTIME_DIR"];
  const sockets = [
    usual,
    ...(runtime ? [join(runtime, "docker.sock")] : []),
    join(homedir(), ".docker/run/docker.sock"),
  ];
  return `unix://${sockets.find((path) => existsSync(path)) ?? usual}`;
}

interface EngineRequest {
  readonly host: string;
  readonly env: Env;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
}

async function send({ host, env, method, path, body, signal }: EngineRequest): Promise<Answer> {
  const { request, target } = await targetOf(host, env);
  const headers = body === undefined ? {} : { "content-type": "application/x-tar" };
  const outgoing = request({ ...target, method, path, headers, signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
  });
  try {
    // An engine may refuse before it has read everything: its answer counts then, not the broken pipe.
    const sent = body === undefined ? outgoing.end() : pipeline(Readable.from(body), outgoing);
    const isSent = Promise.resolve(sent).catch((error: unknown) =>
      ["EPIPE", "ECONNRESET"].includes(systemCodeOf(error) ?? "") ? answered : Promise.reject(error),
    );
    const [response] = await Promise.all([answered, isSent]);
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return { status: response.statusCode ?? 0, body: text };
  } catch (error) {
    outgoing.destroy();
    // The promise that lost the race must not count as unhandled.
    answered.catch(() => undefined);
    if (signal.aborted) throw abortedError(signal);
    throw connectionError(host, error);
  }
}

async function targetOf(
  host: string,
  env: Env,
): Promise<{ readonly request: typeof httpRequest; readonly target: RequestOptions }> {
  const socketPath = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
  if (socketPath !== undefined) return { request: httpRequest, target: { socketPath } };
  const [, scheme, name = "", port] = /^(tcp|https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(host) ?? [];
  if (scheme === undefined) {
    throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine address "${host}" is of a kind that cannot be used`, {
      hint: "give unix:///path, tcp://host:port or npipe:////./pipe/name",
      details: { host },
    });
  }
  const hostname = name.replace(/^\[|\]$/g, "");
  const hasTls = (env["DOCKER_TLS_VERIFY"] ?? "") !== "";
  if (!hasTls && scheme !== "https") return { request: httpRequest, target: { hostname, port: Number(port ?? 2375) } };
  const folder = env["DOCKER_CERT_PATH"] ?? join(homedir(), ".docker");
  const [ca, cert, key] = hasTls
    ? await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((file) => readFile(join(folder, file))))
    : [];
  return { request: httpsRequest, target: { hostname, port: Number(port ?? 2376), ca, cert, key } };
}

function connectionError(host: string, cause: unknown): unknown {
  const code = systemCodeOf(cause);
  // What a stream read for the body met keeps its own code.
  if (code === undefined) return cause;
  const details = { host, code };
  if (code === "EACCES" || code === "EPERM") {
    return new ImageSpecError("ENGINE_PERMISSION", `the engine's socket "${host}" may not be opened`, {
      hint: "add your user to the group that owns the socket (docker), or copy the image to a docker-archive",
      cause,
      details,
    });
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return new ImageSpecError("ENGINE_LOST", `the connection to the engine at "${host}" broke`, {
      hint: "look at the engine's own log; it may have run out of memory or disk",
      cause,
      details,
    });
  }
  return new ImageSpecError("ENGINE_DOWN", `no container engine answers at "${host}"`, {
    hint: "start the engine, name another with --host or DOCKER_HOST, or copy the image to a docker-archive",
    cause,
    details,
  });
}

function unexpected(host: string, asked: string, { status, body }: Answer): ImageSpecError {
  const said = (readField(body, "message") ?? body).trim().slice(0, 500);
  return new ImageSpecError(
    "ENGINE_UNSUPPORTED",
    `the engine at "${host}", asked ${asked}, answered ${status}: ${said}`,
    { hint: "update the engine, or copy the image to a docker-archive and load that", details: { host, status } },
  );
}

function readField(text: string, field: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Engines also answer with plain text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, field);
  return typeof found === "string" ? found : undefined;
}
