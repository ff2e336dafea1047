import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ImageSpecError } from "@imagespec/errors";
import { onDisk, readDockerArchive } from "@imagespec/image-store";
import { type SolveOutcome, solve } from "../solve.ts";
import { copyToOutput } from "./copy-to-output.ts";
import type { Delivered, DeliveryJob } from "./delivery-job.ts";
import { nameInEngine } from "./name-in-engine.ts";

/** Builds into the Engine's own store under a name nobody else uses, and takes the whole image from there. */
export async function loadFromEngine(job: DeliveryJob): Promise<Delivered> {
  const { session, request, work } = job;
  const { engine, address } = session.daemon;
  if (engine === undefined) throw new ImageSpecError("INTERNAL", `"${address}" is no Engine`);
  const reference = `imagespec.local/build:${randomBytes(8).toString("hex")}`;
  try {
    const solved = await solve(session, { ...work, exporter: { kind: "engine", name: reference } });
    const delivered = await takeFrom(job, engine.save(reference, { signal: request.signal }), solved);
    await nameInEngine(job, reference);
    return delivered;
  } finally {
    await engine.remove(reference);
  }
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
