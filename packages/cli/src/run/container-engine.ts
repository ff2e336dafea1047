import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ImageSpecError } from "@imagespec/errors";
import { dockerArchiveStream } from "@imagespec/image-store";
import { isLoopbackRegistry, parseImageReference, parsePlatform } from "@imagespec/oci";
import { findProgram } from "./find-program.ts";
import { exitOf, runProgram, tryProgram } from "./run-program.ts";
import type { RunnableImage } from "./runnable-image.ts";
import type { Refusal, Runner, RunRequest } from "./runner.ts";

const titles = { docker: "Docker", podman: "Podman" } as const;

type Env = Readonly<Record<string, string | undefined>>;

interface Engine {
  readonly name: "docker" | "podman";
  readonly program: string;
  readonly env: Env;
}

/** Docker or Podman, when its command is there and its engine answers. */
export async function findContainerEngine(
  name: "docker" | "podman",
  env: Env,
  signal: AbortSignal,
): Promise<Runner | Refusal> {
  const title = titles[name];
  const program = await findProgram(name, env);
  if (program === undefined) return { name, reason: `${title} is not installed`, hint: "install Docker or Podman" };
  // The format is one that only an engine can fill in.
  const format = name === "docker" ? "{{.Server.Version}}" : "{{.Version.Version}}";
  const question = name === "docker" ? ["version", "--format", format] : ["info", "--format", format];
  const { exitCode } = await tryProgram(program, question, { env, signal });
  if (exitCode !== 0) return { name, reason: `the ${title} engine does not answer`, hint: `start ${title}` };
  const engine: Engine = { name, program, env };
  return { name, title, run: (image, request) => runInEngine(engine, image, request) };
}

async function runInEngine(engine: Engine, image: RunnableImage, request: RunRequest): Promise<number> {
  const { name, program, env } = engine;
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (image.place === "local-store") await load(engine, image, request);
  const { registry } = parseImageReference(image.reference);
  const isPlain = image.place === "registry" && name === "podman" && isLoopbackRegistry(registry);
  if (isPlain) await pull(engine, image, request);
  const mount = request.runtimeFolder;
  return runProgram(
    program,
    [
      "run",
      "--rm",
      "--interactive",
      ...(isTerminal ? ["--tty"] : []),
      "--platform",
      image.platform,
      ...Object.entries(request.env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...(mount === undefined ? [] : ["--volume", `${mount}:/home/imagespec/runtime:ro`]),
      ...(request.entrypoint === undefined ? [] : ["--entrypoint", request.entrypoint]),
      image.reference,
      ...request.args,
    ],
    env,
    request,
  );
}

/** Gives an image of the local store to the engine, unless it has the same already. */
async function load(
  { program, env, name }: Engine,
  image: RunnableImage,
  { signal, onProgress }: RunRequest,
): Promise<void> {
  const { reference, manifest, descriptor, source, platform } = image;
  const format = ["image", "inspect", "--format", "{{.Id}} {{.Digest}}", reference];
  const known = await tryProgram(program, format, { env, signal });
  if (known.exitCode === 0 && [manifest.config.digest, descriptor.digest].some((id) => known.stdout.includes(id)))
    return;
  onProgress(`giving the image to ${titles[name]}`);
  const child = spawn(program, ["load", "--quiet"], { stdio: ["pipe", "ignore", "pipe"], env: { ...env }, signal });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const archive = dockerArchiveStream(
    source,
    { digest: descriptor.digest },
    { names: [reference], platform: parsePlatform(platform), signal },
  );
  const [exitCode] = await Promise.all([exitOf(child), feed(archive, child.stdin)]);
  if (exitCode === 0) return;
  throw engineFailure(name, `does not take "${reference}"`, Buffer.concat(errors).toString("utf8"));
}

/** A program that has ended takes no more; why it ended is in its exit code. */
async function feed(archive: AsyncIterable<Uint8Array>, target: NodeJS.WritableStream): Promise<void> {
  try {
    await pipeline(Readable.from(archive), target);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}

/** Podman wants to be told that a registry on this machine speaks plain HTTP. */
async function pull(
  { program, env, name }: Engine,
  { reference }: RunnableImage,
  { signal }: RunRequest,
): Promise<void> {
  const child = spawn(program, ["pull", "--quiet", "--tls-verify=false", reference], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...env },
    signal,
  });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw engineFailure(name, `cannot pull "${reference}"`, Buffer.concat(errors).toString("utf8"));
}

function engineFailure(name: "docker" | "podman", what: string, log: string): ImageSpecError {
  return new ImageSpecError("ENGINE_UNSUPPORTED", `${titles[name]} ${what}`, {
    hint: "choose another way of running it with --runner",
    logTail: log.split("\n").filter((line) => line !== ""),
  });
}
