import { copyFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { run, type Stack, temporaryFolder } from "@imagespec/test-support";
import { createRegistryReader } from "./registry-reader.ts";

const repository = "moby/buildkit";
const tag = "buildx-stable-1";
const dockerfile = `FROM debian:bookworm-slim
COPY libseccomp.so.2 /usr/lib/x86_64-linux-gnu/
COPY buildkitd buildctl runc /usr/bin/
VOLUME /var/lib/buildkit
ENTRYPOINT ["buildkitd"]
`;

/**
 * Puts the stack's BuildKit into its registry under the name by which `docker buildx create` looks for it: the registry is the
 * engines' mirror of the hub.
 *
 * @returns the reference in the stack's registry
 * @throws ENGINE_DOWN when the stack was started without buildkitd
 */
export async function ensureBuildkitImage(stack: Stack): Promise<string> {
  const reference = `${stack.registry}/${repository}:${tag}`;
  if (stack.buildkit === undefined) {
    throw new ImageSpecError("ENGINE_DOWN", "the test stack was started without buildkitd", {
      hint: "ask for it: requireStack(context, { buildkitd: true })",
    });
  }
  if ((await createRegistryReader(`http://${stack.registry}`).manifest(repository, tag)) !== undefined)
    return reference;
  await using folder = await temporaryFolder();
  const binaries = path.dirname(stack.buildkit.buildctl);
  for (const name of ["buildkitd", "buildctl"]) await copyFile(path.join(binaries, name), folder.join(name));
  await copyFile("/usr/sbin/runc", folder.join("runc"));
  await copyFile("/usr/lib/x86_64-linux-gnu/libseccomp.so.2", folder.join("libseccomp.so.2"));
  await writeFile(folder.join("Dockerfile"), dockerfile);
  const env = { DOCKER_HOST: stack.dockerHost, DOCKER_CONFIG: stack.dockerConfig, DOCKER_CONTEXT: undefined };
  await run([stack.dockerClient, "build", "-q", "-t", reference, folder.path], { env });
  await run([stack.dockerClient, "push", reference], { env });
  return reference;
}
