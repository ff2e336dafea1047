import { isImageSpecError } from "@imagespec/errors";
import { openOciLayout, writeDockerArchive } from "@imagespec/image-store";
import {
  type Descriptor,
  type Digest,
  formatImageReference,
  type ImageReference,
  type ImageSink,
  type ImageSource,
  type Platform,
} from "@imagespec/oci";
import { copyImage } from "@imagespec/registry-client";
import { count as amount, formatBytes } from "../output/format.ts";
import type { ImageSession } from "../session/open-image-session.ts";
import { formatPlace, type ImagePlace } from "./image-place.ts";
import type { OpenedImage } from "./open-image.ts";
import { recordsOf } from "./records-of.ts";
import { type ImageSurvey, surveyImage } from "./survey-image.ts";
import { assertTagMayMove } from "./tag-guard.ts";
import type { TransferReporter } from "./transfer-reporter.ts";

/** What a transfer came to. */
export interface Transfer {
  /** Where the image is now. */
  readonly reference: string;
  readonly digest: Digest;
  readonly platforms: readonly string[];
  /** `exists`: the target had it already, under that name. */
  readonly action: "copied" | "exists";
  readonly bytesSent: number;
  readonly blobsSent: number;
  readonly blobsReused: number;
  readonly layers: ImageSurvey["layers"];
  /** Documents about the image that went along. */
  readonly records: number;
  readonly warnings: readonly string[];
}

interface Options {
  readonly platforms: readonly Platform[] | undefined;
  /** Lets a tag that names its content hold other content. */
  readonly force: boolean;
  readonly session: ImageSession;
  readonly reporter: TransferReporter;
  readonly signal: AbortSignal;
}

/** Where a copy goes, opened. */
interface Target {
  readonly sink: ImageSink & ImageSource;
  /** The name that the copy gets there. */
  readonly tag: string | undefined;
  readonly reference: ImageReference | undefined;
  readonly existing: Descriptor | undefined;
  readonly close?: () => Promise<void>;
}

/**
 * Copies an image to another place, with the records of builds where both places keep them.
 *
 * @throws TAG_MISMATCH, and whatever reading and writing throw
 */
export async function transferImage(image: OpenedImage, target: ImagePlace, options: Options): Promise<Transfer> {
  const { platforms, signal } = options;
  const survey = await surveyImage(image, platforms, signal);
  if (target.kind === "docker-archive") return writeArchive(image, survey, target, options);
  const opened = await openTarget(target, options);
  try {
    const { tag, reference, existing, sink } = opened;
    const { digest } = survey.descriptor;
    if (reference !== undefined && !options.force) {
      const wanted = { source: image.source, root: image.root, digest };
      await assertTagMayMove({ target: reference, sink, wanted, existing }, signal);
    }
    const copied = await copyBlobs(image, opened, options);
    const { count: records, warnings } = await copyRecords(image, target, survey, options);
    return {
      reference: formatPlace(target),
      digest,
      platforms: survey.platforms,
      action: existing?.digest === digest && tag !== undefined && copied.blobsSent === 0 ? "exists" : "copied",
      ...copied,
      layers: survey.layers,
      records,
      warnings,
    };
  } finally {
    await opened.close?.();
  }
}

async function openTarget(
  target: Exclude<ImagePlace, { readonly kind: "docker-archive" }>,
  { session, signal }: Options,
): Promise<Target> {
  if (target.kind === "registry") {
    const { reference } = target;
    const sink = session.registryClient.repository(reference);
    const existing =
      reference.tag === undefined
        ? undefined
        : await sink.headManifest({ tag: reference.tag }, { signal, mirrors: false });
    return { sink, tag: reference.tag, reference, existing };
  }
  if (target.kind === "local-store") {
    const sink = await session.openStore();
    const tag = formatImageReference(target.reference);
    return { sink, tag, reference: target.reference, existing: await sink.resolve(tag) };
  }
  const sink = await openOciLayout(target.path, { create: true });
  const existing =
    target.name === undefined ? undefined : (await sink.readManifest({ tag: target.name }, { signal }))?.descriptor;
  return { sink, tag: target.name, reference: undefined, existing, close: () => sink.close() };
}

async function copyBlobs(
  { source, root }: OpenedImage,
  { sink, tag }: Target,
  { platforms, reporter, signal }: Options,
): Promise<Pick<Transfer, "bytesSent" | "blobsSent" | "blobsReused">> {
  return reporter.step("copy", "push", async (progress, notes) => {
    const { bytesSent, blobsSent, blobsReused } = await copyImage(source, { digest: root.descriptor.digest }, sink, {
      tag,
      platforms,
      signal,
      onProgress: ({ digest, current, total, action }) => {
        // What is there already is not moved: it counts for nothing in the rate.
        if (action === "exists" || action === "mounted") return;
        progress(digest, current, total);
      },
    });
    const reused = blobsReused === 0 ? "" : `, ${blobsReused} reused`;
    notes.detail = `${amount(blobsSent, "blob")}${reused} · ${formatBytes(bytesSent)}`;
    return { bytesSent, blobsSent, blobsReused };
  });
}

async function writeArchive(
  { source, root, name }: OpenedImage,
  survey: ImageSurvey,
  target: Extract<ImagePlace, { readonly kind: "docker-archive" }>,
  { platforms, reporter, signal }: Options,
): Promise<Transfer> {
  const names = target.name === undefined ? (name === undefined ? [] : [formatImageReference(name)]) : [target.name];
  const [platform] = platforms ?? [];
  const { bytes } = await reporter.step("archive", "export", async (progress, notes) => {
    const written = await writeDockerArchive(source, { digest: root.descriptor.digest }, target.path, {
      names,
      ...(platform === undefined ? {} : { platform }),
      signal,
      // The archive's own size is known when it is planned; that of its layers is nearly all of it.
      onProgress: (done) => progress(target.path, done, Math.max(done, survey.layers.size)),
    });
    notes.detail = formatBytes(written.bytes);
    return written;
  });
  return {
    reference: target.path,
    digest: survey.descriptor.digest,
    platforms: survey.platforms,
    action: "copied",
    bytesSent: bytes,
    blobsSent: survey.layers.total,
    blobsReused: 0,
    layers: survey.layers,
    records: 0,
    warnings: [],
  };
}

/** The documents of builds go along where both sides keep them; that one does not is no failure. */
async function copyRecords(
  { place }: OpenedImage,
  target: ImagePlace,
  { manifests }: ImageSurvey,
  { session, reporter, signal }: Options,
): Promise<{ readonly count: number; readonly warnings: readonly string[] }> {
  const from = await recordsOf(place, session);
  const to = await recordsOf(target, session);
  if (from === undefined || to === undefined) return { count: 0, warnings: [] };
  let count = 0;
  try {
    for (const { descriptor } of manifests) {
      const record = await from.read(descriptor.digest, { signal });
      if (record === undefined) continue;
      const known = await to.read(descriptor.digest, { signal });
      if (known === undefined || !Buffer.from(known).equals(record)) await to.write(descriptor, record, { signal });
      count++;
    }
    return { count, warnings: [] };
  } catch (error) {
    if (!isImageSpecError(error) || signal.aborted) throw error;
    const warning = `the record of the build did not go along: ${error.message}`;
    reporter.warn(warning);
    return { count, warnings: [warning] };
  }
}
