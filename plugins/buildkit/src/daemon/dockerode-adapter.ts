import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { EngineDial } from "@imagespec/core";
import Docker from "dockerode";
import { type EngineImages, EngineRefusal } from "./engine-images.ts";

/** The calls of {@link EngineImages} by dockerode. Import it only when it is needed: it takes a third of a second to load. */
export function createDockerodeImages(dial: EngineDial): EngineImages {
  const docker = createDocker(dial);
  return {
    async push(repository, { tag, auth, signal }) {
      const options = { ...(tag === undefined ? {} : { tag }), authconfig: { ...auth }, abortSignal: signal };
      // The declared type is Node's oldest kind of stream; the answer to a request is one of today.
      return (await call(docker.getImage(repository).push(options))) as unknown as AnswerStream;
    },
    async tag(reference, { repository, tag }, signal) {
      await call(docker.getImage(reference).tag({ repo: repository, tag, ...abortable(signal) }));
    },
    async save(reference) {
      // As above.
      return (await call(docker.getImage(reference).get())) as unknown as AnswerStream;
    },
    async remove(reference, signal) {
      await call(docker.getImage(reference).remove(abortable(signal)));
    },
    async imageId(reference) {
      return (await call(docker.getImage(reference).inspect())).Id;
    },
  };
}

interface AnswerStream extends AsyncIterable<Uint8Array> {
  destroy(): unknown;
}

function createDocker(dial: EngineDial): Docker {
  const agent = dial.kind === "tls" ? new TlsAgent(dial.tls) : new Agent();
  // All are named, since dockerode fills in from DOCKER_HOST what is not; its declared type knows no agent.
  const options: Docker.DockerOptions & { readonly agent: Agent } = {
    socketPath: dial.kind === "socket" ? dial.path : undefined,
    host: dial.kind === "socket" ? undefined : dial.host,
    port: dial.kind === "socket" ? undefined : dial.port,
    protocol: dial.kind === "tls" ? "https" : "http",
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    agent,
  };
  return new Docker(options);
}

function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function call<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const status: unknown = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
    if (!(error instanceof Error) || typeof status !== "number") throw error;
    throw new EngineRefusal(status, wordsOf(error), { cause: error });
  }
}

/** What the Engine said, without the words that dockerode puts around it. */
function wordsOf(error: Error): string {
  const json: unknown = "json" in error ? error.json : undefined;
  const message: unknown = typeof json === "object" && json !== null && "message" in json ? json.message : undefined;
  return (typeof message === "string" ? message : error.message.replace(/^\(HTTP code \d+\) .*? - /, "")).trim();
}
