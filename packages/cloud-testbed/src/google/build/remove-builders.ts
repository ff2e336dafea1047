import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { run } from "@imagespec/test-support";
import { dockerOf } from "./build-host.ts";
import type { RunningBuild } from "./running-build.ts";

/**
 * Removes the containers in which buildx of a build has started BuildKit. A machine of Cloud Build goes away with them; here builds
 * share the engine, and builders of the same name share a container, which the last of them removes.
 */
export async function removeBuilders(running: RunningBuild): Promise<void> {
  const { host, folder } = running;
  const own = await nodesOf(folder);
  if (own.length === 0) return;
  const others = new Set<string>();
  for (const name of await readdir(host.folder)) {
    const other = path.join(host.folder, name);
    if (other !== folder) for (const node of await nodesOf(other)) others.add(node);
  }
  const { client, host: socket } = dockerOf(host);
  const env = { DOCKER_HOST: socket, DOCKER_CONFIG: host.stack.dockerConfig, DOCKER_CONTEXT: undefined };
  for (const node of own.filter((name) => !others.has(name))) {
    const container = `buildx_buildkit_${node}`;
    await run([client, "rm", "--force", "--volumes", container], { env, allowFailure: true });
    await run([client, "volume", "rm", "--force", `${container}_state`], { env, allowFailure: true });
  }
}

/** Names of the nodes that buildx has written down in the home of a build. */
async function nodesOf(folder: string): Promise<readonly string[]> {
  const instances = path.join(folder, "home", ".docker", "buildx", "instances");
  try {
    const nodes: string[] = [];
    for (const file of await readdir(instances)) {
      // buildx wrote it.
      const instance = JSON.parse(await readFile(path.join(instances, file), "utf8")) as Instance;
      if (instance.Driver === "docker-container") nodes.push(...instance.Nodes.map(({ Name }) => Name));
    }
    return nodes;
  } catch (error) {
    // No buildx, or a build that has just ended.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

interface Instance {
  readonly Driver: string;
  readonly Nodes: readonly { readonly Name: string }[];
}
