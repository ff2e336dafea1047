import { ImageSpecError } from "@imagespec/errors";
import { type Digest, isDigest } from "@imagespec/oci";
import type { BuildSession } from "../build-session.ts";
import { type PlannedWork, type SolveOutcome, solve } from "../solve.ts";
import type { Delivered, DeliveryJob, RegistryOutput } from "./delivery-job.ts";
import { exporterAttrs } from "./exporter-attrs.ts";

/** Lets the daemon push to the repository itself. */
export async function pushDirectly(
  { session, request, work }: DeliveryJob,
  { registry, repository, tag }: RegistryOutput,
): Promise<Delivered> {
  const { registryClient, signal } = request;
  const target = { repository: `${registry}/${repository}`, tag, insecure: registryClient.isPlain(registry) };
  const { solved, digest } = await pushByDaemon(session, work, target);
  const image = await registryClient.repository({ registry, repository }).readManifest({ digest }, { signal });
  if (image === undefined) {
    throw new ImageSpecError(
      "ENGINE_UNSUPPORTED",
      `the daemon at "${session.daemon.address}" says it pushed "${digest}" to "${registry}/${repository}", which does not have it`,
      { hint: "update the daemon, or check that it and this machine mean the same registry" },
    );
  }
  return { image, solved, uploaded: solved.pushed };
}

/** What a daemon pushed. */
export interface DaemonPush {
  readonly solved: SolveOutcome;
  readonly digest: Digest;
}

/**
 * A build whose exporter pushes: by digest, without a tag. An Engine's exporter gives every name a tag and then refuses to push it by
 * digest, so that there the tag that the image is to get is pushed; the Engine also keeps the image under that name, which is taken
 * away again unless it had one of that name before.
 */
export async function pushByDaemon(
  session: BuildSession,
  work: PlannedWork,
  target: {
    readonly repository: string;
    readonly tag: string;
    readonly insecure: boolean;
    /** What is still to be done with the name that an Engine has for the image. */
    readonly onNamed?: (name: string) => Promise<void>;
  },
): Promise<DaemonPush> {
  const { repository, tag, insecure } = target;
  const { engine, address } = session.daemon;
  const attrs = exporterAttrs(session);
  if (engine === undefined) {
    const solved = await solve(session, { ...work, exporter: { kind: "push", name: repository, insecure, attrs } });
    return { solved, digest: pushedDigest(solved.exporter, address) };
  }
  const name = `${repository}:${tag}`;
  const before = await engine.inspect(name);
  try {
    // What only goes to a registry need not be unpacked in the engine's own store.
    const unpack = target.onNamed === undefined ? { unpack: "false" } : {};
    const tagged = { ...attrs, ...unpack, "push-by-digest": "false" };
    const solved = await solve(session, { ...work, exporter: { kind: "push", name, insecure, attrs: tagged } });
    await target.onNamed?.(name);
    return { solved, digest: pushedDigest(solved.exporter, address) };
  } finally {
    if (before === undefined) await engine.remove(name);
  }
}

function pushedDigest(exporter: Readonly<Record<string, string>>, address: string): Digest {
  const digest = exporter["containerimage.digest"];
  if (isDigest(digest)) return digest;
  throw new ImageSpecError("ENGINE_UNSUPPORTED", `the daemon at "${address}" does not say what it pushed`, {
    hint: "update the daemon",
  });
}
