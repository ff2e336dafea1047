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
 * A build whose exporter pushes by digest; under the tag that the image is to get where the Engine is to keep it by that name too.
 */
export async function pushByDaemon(
  session: BuildSession,
  work: PlannedWork,
  target: {
    readonly repository: string;
    readonly tag: string;
    readonly insecure: boolean;
    /** What is to be done with the name under which an Engine keeps the image then. @default it keeps none */
    readonly onNamed?: (name: string) => Promise<void>;
  },
): Promise<DaemonPush> {
  const { repository, tag, insecure, onNamed } = target;
  const { engine, address } = session.daemon;
  const tagged = onNamed === undefined ? {} : { tag };
  const kept = onNamed === undefined ? {} : { store: "true", unpack: "true" };
  const attrs = { ...exporterAttrs(session), ...kept };
  const push = async (): Promise<DaemonPush> => {
    const exporter = { kind: "push", name: repository, ...tagged, insecure, attrs } as const;
    const solved = await solve(session, { ...work, exporter });
    return { solved, digest: pushedDigest(solved.exporter, address) };
  };
  if (engine === undefined || onNamed === undefined) return push();
  const name = `${repository}:${tag}`;
  try {
    const pushed = await push();
    await onNamed(name);
    return pushed;
  } finally {
    await engine.remove(name);
  }
}

function pushedDigest(exporter: Readonly<Record<string, string>>, address: string): Digest {
  const digest = exporter["containerimage.digest"];
  if (isDigest(digest)) return digest;
  throw new ImageSpecError("ENGINE_UNSUPPORTED", `the daemon at "${address}" does not say what it pushed`, {
    hint: "update the daemon",
  });
}
