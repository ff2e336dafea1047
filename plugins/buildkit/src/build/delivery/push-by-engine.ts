import { randomBytes } from "node:crypto";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { Repository } from "@imagespec/registry-client";
import { daemonLogin } from "../daemon-login.ts";
import { solve } from "../solve.ts";
import type { Delivered, DeliveryJob, RegistryOutput } from "./delivery-job.ts";

/**
 * Builds into the Engine's own store under a tag nobody else uses, and has the Engine push that: an Engine with a graph driver ignores
 * the wish to push without a word. The tag is removed from both.
 */
export async function pushByEngine(
  { session, request, work }: DeliveryJob,
  { registry, repository }: RegistryOutput,
): Promise<Delivered> {
  const { engine, address } = session.daemon;
  if (engine === undefined) throw new ImageSpecError("INTERNAL", "only an Engine can lack pushes of its own");
  const { registryClient, emit, signal } = request;
  const tag = `imagespec-${randomBytes(8).toString("hex")}`;
  const reference = `${registry}/${repository}:${tag}`;
  const remote = registryClient.repository({ registry, repository });
  try {
    const solved = await solve(session, { ...work, exporter: { kind: "engine", name: reference } });
    let uploaded = 0;
    const digest = await session.steps.run("push", undefined, async () => {
      const credentials = await daemonLogin(registryClient, registry, signal);
      const sizes = new Map<string, number>();
      const pushed = await engine.push(reference, {
        credentials,
        signal,
        onProgress: ({ id, current, total }) => {
          sizes.set(id, Math.max(sizes.get(id) ?? 0, current));
          const known = total === undefined ? {} : { total };
          emit({ type: "transfer", step: "push", kind: "push", item: id, current, ...known, unit: "byte" });
        },
      });
      uploaded = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      return pushed;
    });
    const image = await remote.readManifest({ digest }, { signal });
    if (image === undefined) {
      throw new ImageSpecError(
        "ENGINE_UNSUPPORTED",
        `the engine at "${address}" says it pushed "${digest}" to "${registry}/${repository}", which does not have it`,
        { hint: "check that the engine and this machine mean the same registry" },
      );
    }
    return { image, solved, uploaded };
  } finally {
    await engine.remove(reference);
    if (!signal.aborted) await removeTag(remote, { tag, signal, emit });
  }
}

/** Some registries cannot remove a tag and leave its manifest: then it stays, and is told. */
async function removeTag(
  remote: Repository,
  { tag, signal, emit }: { readonly tag: string } & Pick<DeliveryJob["request"], "signal" | "emit">,
): Promise<void> {
  try {
    await remote.deleteTag(tag, { signal });
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    if (error.code === "REGISTRY_NOT_FOUND") return;
    emit({ type: "warning", message: `the tag "${tag}" of the build stays behind: ${error.message}` });
  }
}
