import { existsSync } from "node:fs";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Stack, StackEngineName } from "@imagespec/test-support";

export interface DockerCommandOptions {
  readonly stack: Stack;
  /** @default the stack's first */
  readonly engine?: StackEngineName;
  /** Folder that the build finds first on its PATH. */
  readonly bin: string;
  /** The build's home, whose `.docker` is the client's configuration. */
  readonly home: string;
  /** Without it the client finds no daemon. @default true */
  readonly daemon?: boolean;
  /** What images are for when nothing says otherwise: `linux/arm64` plays a machine of that kind. @default the engine's own */
  readonly platform?: string;
  /** Whether the client has buildx, where the stack has it. @default true */
  readonly buildx?: boolean;
}

/**
 * Gives a build the stack's docker client under the name `docker`, on the stack's engine and with a configuration of its own.
 *
 * @returns whether it has buildx
 */
export async function writeDockerCommand(options: DockerCommandOptions): Promise<boolean> {
  const { stack, bin, home } = options;
  const engine = options.engine === undefined ? undefined : stack.engines[options.engine];
  const client = engine?.docker ?? stack.dockerClient;
  const socket = options.daemon === false ? `unix://${home}/no-daemon.sock` : (engine?.dockerHost ?? stack.dockerHost);
  const plugins = path.join(home, ".docker", "cli-plugins");
  await mkdir(bin, { recursive: true });
  await mkdir(plugins, { recursive: true });
  const variables = [
    `export DOCKER_HOST='${socket}'`,
    ...(options.platform === undefined
      ? []
      : [`export DOCKER_DEFAULT_PLATFORM="\${DOCKER_DEFAULT_PLATFORM:-${options.platform}}"`]),
  ];
  const file = path.join(bin, "docker");
  await writeFile(file, `#!/bin/sh\n${variables.join("\n")}\nexec '${client}' "$@"\n`);
  await chmod(file, 0o755);
  const buildx = path.join(stack.dockerConfig, "cli-plugins", "docker-buildx");
  if (options.buildx === false || !existsSync(buildx)) return false;
  await symlink(buildx, path.join(plugins, "docker-buildx"));
  return true;
}

/** Removes the images that builds left in the engine under names of this registry. */
export async function removeImages(stack: Stack, registry: string, engine?: StackEngineName): Promise<void> {
  const on = { allowFailure: true, ...(engine === undefined ? {} : { engine }) };
  const { stdout } = await stack.docker(["images", "--format", "{{.Repository}}:{{.Tag}}@{{.ID}}"], on);
  const names = stdout.split("\n").filter((line) => line.startsWith(`${registry}/`));
  const references = names.map((line) => {
    const [name = "", id = ""] = line.split("@");
    return name.endsWith(":<none>") ? id : name;
  });
  if (references.length > 0) await stack.docker(["rmi", "--force", ...new Set(references)], on);
}
