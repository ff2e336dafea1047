import type { ImageSession } from "../session/open-image-session.ts";
import type { ImagePlace } from "./image-place.ts";
import { type Records, registryRecords, storeRecords } from "./records.ts";

/** The records of a place; layouts and archives, which are handed on, hold images and nothing else. */
export function recordsOf(place: ImagePlace, session: ImageSession): Records | undefined {
  if (place.kind === "registry") return registryRecords(session.registryClient.repository(place.reference));
  return place.kind === "local-store" ? storeRecords(session.cacheFolder) : undefined;
}
