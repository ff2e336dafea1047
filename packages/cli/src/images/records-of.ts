import { type ImageRecords, registryRecords, storeRecords } from "@imagespec/core";
import type { ImageSession } from "../session/open-image-session.ts";
import type { ImagePlace } from "./image-place.ts";

/** The records of a place; layouts and archives, which are handed on, hold images and nothing else. */
export async function recordsOf(place: ImagePlace, session: ImageSession): Promise<ImageRecords | undefined> {
  if (place.kind === "registry") return registryRecords(session.registryClient.repository(place.reference));
  return place.kind === "local-store" ? storeRecords(await session.openStore()) : undefined;
}
