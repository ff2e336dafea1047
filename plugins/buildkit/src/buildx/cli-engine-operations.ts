import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { registryFailure } from "@imagespec/dockerfile";
import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type Digest, isDigest } from "@imagespec/oci";
import type { Environment } from "../daemon/detect.ts";
import type { EngineOperations, OperationOptions } from "../daemon/engine-operations.ts";
import { childOptions, type DockerAnswer, noClient, runDocker } from "./docker-command.ts";
import { dockerConfiguration } from "./docker-configuration.ts";
import { registryHosts } from "./registry-hosts.ts";

/** The operations of an Engine that only the docker client can reach, such as one behind ssh. */
export function cliEngineOperations(address: string, env: Environment): EngineOperations {
  const docker = async (args: readonly string[], { signal = never }: OperationOptions = {}): Promise<DockerAnswer> =>
    runDocker(args, { env, signal });
  const done = async (
    args: readonly string[],
    reference: string,
    options?: OperationOptions,
  ): Promise<DockerAnswer> => {
    const answer = await docker(args, options);
    if (answer.exitCode !== 0) throw failure(address, args, reference, answer);
    return answer;
  };

  return {
    async push(reference, { credentials, signal }) {
      const folder = await mkdtemp(path.join(tmpdir(), "imagespec-push-"));
      try {
        const work = { text: "", exporter: { kind: "push", name: reference, insecure: false } } as const;
        const login = await dockerConfiguration(folder, env, registryHosts(work), async () => credentials);
        const answer = await runDocker(["push", "--quiet", reference], { env: { ...env, ...login }, signal });
        if (answer.exitCode !== 0) throw registryFailure(answer.stderr.trim(), { reference, doing: "push" });
        return await pushedDigest(reference, (args) => done(args, reference, { signal }));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async tag(reference, { repository, tag }, options) {
      await done(["tag", reference, `${repository}:${tag}`], reference, options);
    },
    async *save(reference, { signal }) {
      throwIfAborted(signal);
      const { execa } = await import("execa");
      const child = execa("docker", ["save", reference], {
        ...childOptions({ env, signal }),
        buffer: false,
        encoding: "buffer",
      });
      let said = "";
      child.stderr.on("data", (chunk: Uint8Array) => {
        said = `${said}${Buffer.from(chunk).toString("utf8")}`.slice(-2000);
      });
      try {
        yield* child.stdout;
        const { exitCode, cause } = await child;
        if (signal.aborted) throw abortedError(signal);
        if (exitCode === undefined) throw noClient(cause);
        if (exitCode !== 0) throw failure(address, ["save"], reference, { exitCode, stdout: "", stderr: said });
      } finally {
        child.kill();
      }
    },
    async remove(reference, options) {
      const answer = await docker(["image", "rm", reference], options);
      if (answer.exitCode !== 0 && !isAbsent(answer)) throw failure(address, ["image", "rm"], reference, answer);
    },
    async inspect(reference, options) {
      const answer = await docker(["image", "inspect", "--format", "{{.Id}}", reference], options);
      if (answer.exitCode === 0) return { id: answer.stdout.trim() };
      if (isAbsent(answer)) return undefined;
      throw failure(address, ["image", "inspect"], reference, answer);
    },
  };
}

const { signal: never } = new AbortController();

/** The client prints the digest for people; where it stays is the list of the image's names. */
async function pushedDigest(
  reference: string,
  docker: (args: readonly string[]) => Promise<DockerAnswer>,
): Promise<Digest> {
  const repository = reference.replace(/:[^:/]*$/, "");
  const { stdout } = await docker(["image", "inspect", "--format", "{{json .RepoDigests}}", reference]);
  const names: unknown = JSON.parse(stdout);
  for (const name of Array.isArray(names) ? names : []) {
    const [known, digest] = String(name).split("@");
    if (known === repository && isDigest(digest)) return digest;
  }
  throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine pushed "${reference}" without saying its digest`, {
    hint: "update the engine",
    details: { reference },
  });
}

function isAbsent({ stderr }: DockerAnswer): boolean {
  return /No such image|no such image|reference does not exist/.test(stderr);
}

function failure(host: string, args: readonly string[], reference: string, answer: DockerAnswer): ImageSpecError {
  const details = { host, reference };
  if (isAbsent(answer))
    return new ImageSpecError("IMAGE_NOT_FOUND", `the engine at "${host}" has no image "${reference}"`, {
      hint: "build it again: something else removed it",
      details,
    });
  const said = answer.stderr.trim().slice(0, 500);
  const isDown = /Cannot connect to the Docker daemon|error during connect/.test(said);
  return new ImageSpecError(isDown ? "ENGINE_DOWN" : "ENGINE_UNSUPPORTED", `docker ${args[0] ?? ""} failed: ${said}`, {
    hint: isDown ? "start the engine, or name another one" : "look at the engine's own log",
    details,
  });
}
