import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readDockerArchive } from "@imagespec/image-store";
import {
  type ContractExpectation,
  checkImageContract,
  type RunResult,
  type Stack,
  type StackEngineName,
} from "@imagespec/test-support";
import { afterAll } from "vitest";
import { type DockerfilePlan, writeContext } from "../../src/index.ts";

/** An image in an engine. */
export interface BuiltPlan {
  readonly reference: string;
  readonly log: string;
  /** What `docker inspect` says. */
  inspect(): Promise<{
    readonly Config: Record<string, unknown>;
    readonly RootFS: { readonly Layers: readonly string[] };
  }>;
  /** What is wrong with it by the image contract. */
  violations(expectation: ContractExpectation): Promise<readonly string[]>;
  /** Runs a shell command in a container. */
  sh(command: string, args?: readonly string[]): Promise<string>;
}

const signal = new AbortController().signal;

const built: { readonly stack: Stack; readonly engine: StackEngineName; readonly reference: string }[] = [];
afterAll(async () => {
  for (const { stack, engine, reference } of built.splice(0))
    await stack.docker(["image", "rm", "-f", reference], { engine, allowFailure: true });
});

/** Builds a plan with the docker client of the engine, as a person would. */
export async function buildPlan(
  stack: Stack,
  engine: StackEngineName,
  plan: Pick<DockerfilePlan, "text" | "context"> & Partial<DockerfilePlan>,
  options: { readonly secrets?: Readonly<Record<string, string>>; readonly args?: readonly string[] } = {},
): Promise<BuiltPlan> {
  const folder = await mkdtemp(path.join(tmpdir(), "dockerfile-build-"));
  try {
    const context = path.join(folder, "context");
    const whole = { dialect: "base", secrets: [], steps: [], buildArgs: {}, ...plan } as const;
    await writeContext(whole, context, { signal });
    const secrets: string[] = [];
    for (const [id, value] of Object.entries(options.secrets ?? {})) {
      const file = path.join(folder, `secret-${secrets.length}`);
      await writeFile(file, value);
      secrets.push("--secret", `id=${id},src=${file}`);
    }
    const reference = `dockerfile-test:${randomUUID()}`;
    built.push({ stack, engine, reference });
    const buildArgs = Object.entries(whole.buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const docker = (args: readonly string[], allowFailure = false): Promise<RunResult> =>
      stack.docker(args, { engine, allowFailure, env: { DOCKER_BUILDKIT: "1" }, timeoutMs: 300_000 });
    const command = ["build", "--progress", "plain", ...(options.args ?? []), ...secrets, ...buildArgs];
    const { stderr, stdout } = await docker([...command, "-t", reference, context]);
    return { ...builtImage(stack, engine, reference), log: `${stdout}${stderr}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An image that an engine has. */
export function builtImage(stack: Stack, engine: StackEngineName, reference: string): Omit<BuiltPlan, "log"> {
  const docker = (args: readonly string[]): Promise<RunResult> => stack.docker(args, { engine, timeoutMs: 300_000 });
  return {
    reference,
    inspect: async () => JSON.parse((await docker(["inspect", reference])).stdout)[0],
    violations: async (expectation) => {
      const archive = path.join(tmpdir(), `${reference.replace(":", "-")}.tar`);
      try {
        await docker(["save", "-o", archive, reference]);
        const images = await readDockerArchive(archive);
        const [image] = await images.list();
        const found = await checkImageContract(images, { digest: image!.descriptor.digest }, expectation);
        await images.close();
        return found.map(({ rule, message }) => `${rule}: ${message}`);
      } finally {
        await rm(archive, { force: true });
      }
    },
    sh: async (line, args = []) =>
      (await docker(["run", "--rm", "--entrypoint", "sh", ...args, reference, "-c", line])).stdout,
  };
}
