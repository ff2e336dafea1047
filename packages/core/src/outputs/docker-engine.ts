import { ImageSpecError } from "@imagespec/errors";
import { detectEngineAddress, type EngineAddress, engineAddress } from "./detect.ts";
import { askEngine, type EngineAnswer } from "./engine-connection.ts";

/** A Docker Engine, spoken to over its socket, pipe or TCP address. Every call may throw ENGINE_DOWN or ENGINE_PERMISSION. */
export interface DockerEngine {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  /** @throws ENGINE_UNSUPPORTED */
  ping(signal: AbortSignal): Promise<void>;
  /** What it calls an image; nothing when it has none of that name. @throws ENGINE_UNSUPPORTED */
  imageId(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** Gives it the archive of an image. @throws ENGINE_LOST, ENGINE_UNSUPPORTED with its answer */
  load(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

/**
 * The engine at an address, else the one that the environment or the current docker context names, else the first socket there
 * is. Nothing is opened yet.
 *
 * @param host as in `DOCKER_HOST`
 * @throws ENGINE_DOWN for a docker context that does not exist, CONFIG_INVALID for a file of docker's that is no JSON
 */
export function dockerEngine(host?: string, env?: Readonly<Record<string, string | undefined>>): DockerEngine {
  const address = host === undefined ? detectEngineAddress(env) : engineAddress(host, env);
  return {
    host: address.host,
    async ping(signal) {
      const answer = await askEngine(address, { method: "GET", path: "/_ping", signal });
      if (answer.status !== 200) throw unexpected(address, "whether it is up", answer);
    },
    async imageId(name, signal) {
      const answer = await askEngine(address, { method: "GET", path: `/images/${encodeURI(name)}/json`, signal });
      if (answer.status === 404) return undefined;
      const id = answer.status === 200 ? readField(answer.body, "Id") : undefined;
      if (id === undefined) throw unexpected(address, `about "${name}"`, answer);
      return id;
    },
    async load(archive, signal) {
      const path = "/images/load?quiet=1";
      const contentType = "application/x-tar";
      const answer = await askEngine(address, { method: "POST", path, contentType, body: archive, signal });
      const failure = answer.status === 200 ? reportedError(answer.body) : undefined;
      if (answer.status === 200 && failure === undefined) return;
      throw unexpected(address, "to load an image", failure === undefined ? answer : { ...answer, body: failure });
    },
  };
}

function unexpected({ host }: EngineAddress, asked: string, { status, body }: EngineAnswer): ImageSpecError {
  const said = (readField(body, "message") ?? body).trim().slice(0, 500);
  return new ImageSpecError(
    "ENGINE_UNSUPPORTED",
    `the engine at "${host}", asked ${asked}, answered ${status}: ${said}`,
    {
      hint: "update the engine, or write an image with output docker-archive and load it yourself",
      details: { host, status },
    },
  );
}

/** The error that stands in a stream of JSON lines whose status was 200 all the same. */
function reportedError(body: string): string | undefined {
  for (const line of body.split("\n")) {
    const error = readField(line, "error");
    if (error !== undefined) return error;
  }
  return undefined;
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
