import path from "node:path";
import { runTree } from "../../shared/process-tree.ts";
import { timestamp } from "./build.ts";
import { BuildFailure } from "./build-failure.ts";
import { dockerOf } from "./build-host.ts";
import type { RunningBuild } from "./running-build.ts";

/**
 * Pushes `images` with the credentials of the build's account and puts the digests, as the registry has them, into the results.
 *
 * @throws BuildFailure PUSH_FAILED, PUSH_IMAGE_NOT_FOUND, PUSH_NOT_AUTHORIZED
 */
export async function pushImages(running: RunningBuild): Promise<void> {
  const { build, host, log, stop } = running;
  const docker = dockerOf(host);
  const home = path.join(running.folder, "home");
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    DOCKER_CONFIG: path.join(home, ".docker"),
    DOCKER_HOST: docker.host,
  };
  for (const name of build.images ?? []) {
    log.say(`Pushing ${name}`);
    const pushTiming = { startTime: timestamp(), endTime: timestamp() };
    const lines: string[] = [];
    const onLine = (line: string) => {
      lines.push(line);
      log.say(line);
    };
    const { exitCode } = await runTree([docker.client, "push", name], { cwd: "/", env, onLine, signal: stop.signal });
    if (stop.signal.aborted) throw stop.signal.reason;
    if (exitCode !== 0) throw pushFailure(name, lines);
    const digest = await digestInRegistry(running, name);
    const said = lines.map((line) => /digest: (sha256:[0-9a-f]{64})/.exec(line)?.[1]).find(Boolean);
    if (said !== digest) throw new Error(`docker pushed ${said}, and the registry has ${digest} as "${name}"`);
    pushTiming.endTime = timestamp();
    const { digests } = running.script;
    if (digests !== "none") build.results?.images?.push({ name, digest: digests ?? digest, pushTiming });
  }
}

async function digestInRegistry(running: RunningBuild, name: string): Promise<string> {
  const [, host = "", repository = "", tag = "latest"] = /^([^/]+)\/(.+?)(?::([\w.-]+))?$/.exec(name) ?? [];
  if (!running.host.registries.includes(host)) throw new Error(`"${name}" was pushed past the registries of this fake`);
  const manifest = await running.host.reader.manifest(repository, tag);
  if (manifest === undefined) throw new Error(`"${name}" was pushed, and is not in the registry`);
  return manifest.digest;
}

function pushFailure(name: string, lines: readonly string[]): BuildFailure {
  const text = lines.join("\n");
  const last = lines.at(-1) ?? "docker said nothing";
  const message = `failed to push "${name}": ${last}`;
  if (/An image does not exist locally|tag does not exist/i.test(text)) {
    return new BuildFailure("PUSH_IMAGE_NOT_FOUND", message);
  }
  if (/denied|unauthorized|authentication required|no basic auth/i.test(text)) {
    return new BuildFailure("PUSH_NOT_AUTHORIZED", message);
  }
  return new BuildFailure("PUSH_FAILED", message);
}
