import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ImageSpecError } from "@imagespec/errors";
import { onDisk, readDockerArchive } from "@imagespec/image-store";
import { parseImageReference } from "@imagespec/oci";
import { type SolveOutcome, solve } from "../solve.ts";
import { copyToOutput } from "./copy-to-output.ts";
import type { Delivered, DeliveryJob } from "./delivery-job.ts";

/**
 * Builds into the Engine's own store and takes the image from there. Where the output is this Engine, the image is given its name at
 * once, so that nobody has to load again what is there.
 */
export async function loadIntoEngine(job: DeliveryJob): Promise<Delivered> {
  const { session, request, work } = job;
  const { engine, address } = session.daemon;
  if (engine === undefined) throw new ImageSpecError("INTERNAL", `"${address}" is no Engine`);
  const { output, signal } = request;
  const reference = `imagespec.local/build:${randomBytes(8).toString("hex")}`;
  try {
    const solved = await solve(session, { ...work, exporter: { kind: "engine", name: reference } });
    const delivered = await takeFrom(job, engine.save(reference, { signal }), solved);
    if (isThisEngine(job)) {
      // The engine of this package looks at what was built before it gives names; here it cannot.
      await session.spec.source.verify(signal);
      const { registry, repository, tag = "latest" } = parseImageReference(outputName(output));
      await engine.tag(reference, { repository: `${registry}/${repository}`, tag });
    }
    return delivered;
  } finally {
    await engine.remove(reference);
  }
}

/** Whether the output is the Engine that builds. */
export function isThisEngine({ request: { output }, session: { daemon } }: DeliveryJob): boolean {
  if (output.kind !== "engine" || daemon.kind !== "engine" || daemon.engine === undefined) return false;
  return output.host === undefined || plainAddress(output.host) === plainAddress(daemon.address);
}

async function takeFrom(
  job: DeliveryJob,
  archive: AsyncIterable<Uint8Array>,
  solved: SolveOutcome,
): Promise<Delivered> {
  const { session, request } = job;
  await using file = await request.store.content.temporaryFile(".tar");
  await session.steps.run("export", undefined, () =>
    onDisk(file.path, () => pipeline(Readable.from(archive), createWriteStream(file.path), { signal: request.signal })),
  );
  await using image = await readDockerArchive(file.path);
  const [entry] = await image.list();
  if (entry === undefined) throw new ImageSpecError("MANIFEST_INVALID", "the archive of the engine holds no image");
  return { solved, ...(await copyToOutput(job, image, entry.descriptor.digest)) };
}

function outputName(output: DeliveryJob["request"]["output"]): string {
  if (output.kind === "registry") throw new ImageSpecError("INTERNAL", "a registry is no Engine");
  return output.name;
}

function plainAddress(address: string): string {
  return address.replace(/\/+$/, "").replace(/^unix:\/\/(?:\/var)?\/run\//, "unix:///run/");
}
