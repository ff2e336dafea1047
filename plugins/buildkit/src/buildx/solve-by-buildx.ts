import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeContext } from "@imagespec/dockerfile";
import { abortedError, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import type { SolveResult, SolveWork } from "../daemon/daemon.ts";
import type { Environment } from "../daemon/detect.ts";
import { buildArguments } from "./build-arguments.ts";
import { childOptions, noClient } from "./docker-command.ts";
import { dockerConfiguration } from "./docker-configuration.ts";
import { plainError } from "./plain-error.ts";
import { parseRawJson } from "./raw-json.ts";
import { registryHosts } from "./registry-hosts.ts";
import { secretSources } from "./secret-variables.ts";

/** Lines of plain text that are kept for the error. */
const plainLines = 200;

/**
 * Runs one build by `docker buildx build`. Everything that the child needs lies in one folder of this user alone, which is removed
 * afterwards. The context is sent whole each time: buildx knows it by its path, which is another one in each build.
 *
 * @throws SolveError, ENGINE_DOWN without a client, ABORTED, and what the context, the secrets or `receive` throw
 */
export async function solveByBuildx(
  work: SolveWork,
  { builder, env }: { readonly builder: string; readonly env: Environment },
): Promise<SolveResult> {
  throwIfAborted(work.signal);
  const folder = await mkdtemp(path.join(tmpdir(), "imagespec-buildx-"));
  try {
    const context = path.join(folder, "context");
    const metadataFile = path.join(folder, "metadata.json");
    const { text, signal } = work;
    await writeContext({ text, context: work.context }, context, { signal });
    const secrets = await secretSources(text, work.secret, folder);
    const configuration = await dockerConfiguration(folder, env, registryHosts(work), work.credentials);
    const args = buildArguments(work, { builder, folder: context, metadataFile, secrets: secrets.flags });
    const contextBytes = await runBuild(args, { ...env, ...configuration, ...secrets.env }, work);
    work.onContext?.({ files: work.context.filter(({ kind }) => kind === "file").length, bytes: contextBytes });
    return { exporter: await readMetadata(metadataFile), contextBytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the child to its end; resolves to the bytes of context that it sent, as far as it tells. */
async function runBuild(args: readonly string[], env: Environment, work: SolveWork): Promise<number> {
  const { execa } = await import("execa");
  const { signal, exporter } = work;
  const stop = new AbortController();
  const options = childOptions({ env, signal: AbortSignal.any([signal, stop.signal]) });
  const child = execa("docker", args, { ...options, buffer: false, encoding: "buffer" });
  const plain: string[] = [];
  const sent = new Map<string, number>();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    // An archive that ends too early is the child's failure, which it is about to explain by itself.
    if (!child.stdout.readableEnded) stop.abort();
  };

  const readProgress = async (): Promise<void> => {
    for await (const line of linesOf(child.stderr)) {
      const status = parseRawJson(line);
      if (status === undefined) {
        plain.push(line);
        if (plain.length > plainLines) plain.shift();
        continue;
      }
      for (const { id, vertex, current } of status.statuses)
        if (id === "transferring context:") sent.set(vertex, current);
      work.onStatus(status);
    }
  };
  const readResult = async (): Promise<void> => {
    if (exporter.kind === "oci") await exporter.receive(child.stdout);
    child.stdout.resume();
  };
  const reading = Promise.all([readProgress().catch(fail), readResult().catch(fail)]);
  const { exitCode, cause } = await child;
  await reading;
  if (signal.aborted) throw abortedError(signal);
  if (stop.signal.aborted) throw failure;
  if (exitCode === undefined) throw noClient(cause);
  if (exitCode !== 0) throw plainError(plain, exitCode);
  if (failure !== undefined) throw failure;
  return [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);
}

async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** What the exporter says; values that are no texts come as JSON. */
async function readMetadata(file: string): Promise<Readonly<Record<string, string>>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    // Builds without a result leave no file.
    if (systemCodeOf(error) === "ENOENT") return {};
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, typeof entry === "string" ? entry : JSON.stringify(entry)]),
  );
}
