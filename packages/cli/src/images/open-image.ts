import { ImageSpecError, isImageSpecError, suggest } from "@imagespec/errors";
import { openOciLayout, readDockerArchive } from "@imagespec/image-store";
import {
  familiarImageReference,
  formatImageReference,
  type ImageReference,
  type ImageSource,
  type StoredManifest,
  withTag,
} from "@imagespec/oci";
import type { ImageSession } from "../session/open-image-session.ts";
import { type BareReference, formatPlace, type ImagePlace, selectorOf } from "./image-place.ts";

/** An image that was found, to be read from. */
export interface OpenedImage extends AsyncDisposable {
  readonly place: ImagePlace;
  readonly source: ImageSource;
  /** Its manifest or index. */
  readonly root: StoredManifest;
  /** What it is called there, with a tag, as far as a name with a tag led to it. */
  readonly name: ImageReference | undefined;
}

interface Found {
  readonly source: ImageSource;
  readonly root: StoredManifest | undefined;
  readonly close?: () => Promise<void>;
}

/**
 * Opens the image at a place. A reference that names no place is looked for in the local store, then in its registry.
 *
 * @throws IMAGE_NOT_FOUND, REGISTRY_NOT_FOUND, and what reading the place throws
 */
export async function openImage(
  place: ImagePlace | BareReference,
  session: ImageSession,
  signal: AbortSignal,
): Promise<OpenedImage> {
  if (place.kind !== "reference") return openAt(place, session, signal);
  const store = await session.existingStore();
  const name = formatImageReference(tagged(place.reference));
  if (store !== undefined && (await store.resolve(name)) !== undefined)
    return openAt({ ...place, kind: "local-store" }, session, signal);
  try {
    return await openAt({ ...place, kind: "registry" }, session, signal);
  } catch (error) {
    // A slip in the name of a local image leads to a registry that it never was in.
    const near = suggest(name, await localNames(session));
    if (!isImageSpecError(error) || error.origin !== "registry" || signal.aborted || near === undefined) throw error;
    const { code, message, details } = error;
    throw new ImageSpecError(code, `the local image store has no image "${name}", and ${message}`, {
      hint: `did you mean "${near}", which is in the local store?`,
      details,
      cause: error,
    });
  }
}

async function openAt(place: ImagePlace, session: ImageSession, signal: AbortSignal): Promise<OpenedImage> {
  const { source, root, close = async () => {} } = await find(place, session, signal);
  if (root === undefined) {
    await close();
    throw await notFound(place, session);
  }
  return { place, source, root, name: nameOf(place), [Symbol.asyncDispose]: close };
}

async function find(place: ImagePlace, session: ImageSession, signal: AbortSignal): Promise<Found> {
  if (place.kind === "registry") {
    const { tag, digest } = tagged(place.reference);
    const source = session.registryClient.repository(place.reference);
    try {
      return { source, root: await source.readManifest(digest === undefined ? { tag } : { digest }, { signal }) };
    } catch (error) {
      if (!isImageSpecError(error) || error.origin !== "registry") throw error;
      throw await withLocalHint(error, place.reference, session);
    }
  }
  if (place.kind === "local-store") {
    const store = await session.existingStore();
    if (store === undefined) throw await notFound(place, session);
    const { digest } = place.reference;
    const wanted = digest === undefined ? { tag: formatImageReference(tagged(place.reference)) } : { digest };
    return { source: store, root: await store.readManifest(wanted, { signal }) };
  }
  const source = await (place.kind === "oci-layout" ? openOciLayout(place.path) : readDockerArchive(place.path));
  const close = (): Promise<void> => source.close();
  try {
    return {
      source,
      root: await source.readManifest(place.name === undefined ? {} : selectorOf(place.name), { signal }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A reference without tag and digest means `latest`, as everywhere. */
export function tagged(reference: ImageReference): ImageReference {
  return reference.tag === undefined && reference.digest === undefined ? withTag(reference, "latest") : reference;
}

function nameOf(place: ImagePlace): ImageReference | undefined {
  if (place.kind !== "registry" && place.kind !== "local-store") return undefined;
  const reference = tagged(place.reference);
  return reference.tag === undefined ? undefined : withTag(reference, reference.tag);
}

/** A registry that fails is the wrong place when the local store has an image of that very name. */
async function withLocalHint(
  error: ImageSpecError,
  reference: ImageReference,
  session: ImageSession,
): Promise<ImageSpecError> {
  const name = formatImageReference(tagged(reference));
  if (!(await localNames(session)).includes(name)) return error;
  const { code, message, details } = error;
  const hint = `write "local-store:${familiarImageReference(tagged(reference))}" for the one in the local store`;
  return new ImageSpecError(code, message, { hint, details, cause: error });
}

async function notFound(place: ImagePlace, session: ImageSession): Promise<ImageSpecError> {
  const text = formatPlace(place);
  const details = { reference: text, place: place.kind };
  if (place.kind === "registry") {
    const missing = new ImageSpecError("REGISTRY_NOT_FOUND", `the registry has no image "${text}"`, {
      hint: "check the name and the tag",
      details,
    });
    return withLocalHint(missing, place.reference, session);
  }
  if (place.kind === "local-store") {
    const near = suggest(text, await localNames(session));
    return new ImageSpecError("IMAGE_NOT_FOUND", `the local image store has no image "${text}"`, {
      hint: near === undefined ? 'look at "imagespec images"' : `did you mean "${near}"?`,
      details,
    });
  }
  return new ImageSpecError("IMAGE_NOT_FOUND", `"${place.path}" has no image "${place.name ?? ""}"`, {
    hint: "leave the name out to have its names listed, or check it",
    details,
  });
}

async function localNames(session: ImageSession): Promise<readonly string[]> {
  try {
    const store = await session.existingStore();
    return (await store?.list())?.flatMap(({ name }) => name ?? []) ?? [];
  } catch (error) {
    // The names only make the hint better; that the store is damaged is not what was asked about.
    if (isImageSpecError(error)) return [];
    throw error;
  }
}
