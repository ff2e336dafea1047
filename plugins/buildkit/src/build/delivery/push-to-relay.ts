import { randomBytes } from "node:crypto";
import { ImageSpecError } from "@imagespec/errors";
import { ImageIntake, type KnownBlobs } from "../relay/image-intake.ts";
import { startRelay } from "../relay/relay.ts";
import { blobSizes } from "../relay/served-image.ts";
import { solve } from "../solve.ts";
import { copyToOutput } from "./copy-to-output.ts";
import type { Delivered, DeliveryJob } from "./delivery-job.ts";
import { isThisEngine, nameInEngine } from "./name-in-engine.ts";
import { type DaemonPush, pushByDaemon } from "./push-directly.ts";
import { spooledImage } from "./spooled-image.ts";

/**
 * Has the daemon push to a registry of this process, which says of every blob that the output has that it is there; the others go
 * on to the output. Credentials, certificates and settings of the output's registry stay here, and no tag is left behind in it.
 */
export async function pushToRelay(job: DeliveryJob): Promise<Delivered> {
  const { session, request } = job;
  const { content } = request.store;
  const intake = new ImageIntake(content, knownBlobs(job), () => undefined);
  await using relay = await startRelay(intake, intake);
  const naming = isThisEngine(job) ? { onNamed: (name: string) => nameInEngine(job, name) } : {};
  const { solved, digest } = await (session.daemon.features.directPush
    ? pushByDaemon(session, job.work, { repository: relay.name, tag: "build", insecure: true, ...naming })
    : pushByEngine(job, relay.name));
  const manifest = intake.manifest(digest);
  if (manifest === undefined) {
    throw new ImageSpecError(
      "ENGINE_UNSUPPORTED",
      `the daemon at "${session.daemon.address}" says it pushed "${digest}", which did not arrive`,
      { hint: "update the daemon" },
    );
  }
  const { output, registryClient } = request;
  const there = output.kind === "registry" ? registryClient.repository(output) : undefined;
  const image = spooledImage(content, job.base, manifest, there);
  return { solved, ...(await copyToOutput(job, image, digest)) };
}

async function pushByEngine(job: DeliveryJob, name: string): Promise<DaemonPush> {
  const { session, request, work } = job;
  const { engine } = session.daemon;
  if (engine === undefined) throw new ImageSpecError("INTERNAL", "only an Engine can lack pushes of its own");
  const reference = `${name}:${randomBytes(8).toString("hex")}`;
  try {
    const solved = await solve(session, { ...work, exporter: { kind: "engine", name: reference } });
    const digest = await session.steps.run("export", undefined, () =>
      engine.push(reference, { credentials: undefined, signal: request.signal }),
    );
    await nameInEngine(job, reference);
    return { solved, digest };
  } finally {
    await engine.remove(reference);
  }
}

/** What the output or the base has: the daemon need not send it. */
function knownBlobs({ request, base }: DeliveryJob): KnownBlobs {
  const { output, registryClient, signal } = request;
  const inBase = base === undefined ? undefined : blobSizes(base.manifest);
  const repository = output.kind === "registry" ? registryClient.repository(output) : undefined;
  return {
    async size(digest) {
      return inBase?.get(digest) ?? repository?.blobSize(digest, { signal });
    },
    open(digest, size) {
      if (base !== undefined && inBase?.has(digest)) return base.image.source.openBlob({ digest, size }, { signal });
      if (repository !== undefined) return repository.openBlob({ digest, size }, { signal });
      throw new ImageSpecError("INTERNAL", `the blob "${digest}" is nowhere`);
    },
  };
}
