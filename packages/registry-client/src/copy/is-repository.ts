import type { ImageSink, ImageSource } from "@imagespec/oci";
import type { Repository } from "../repository.ts";

/** Whether a source or sink is a repository of a registry, of any installed copy of this package. */
export function isRepository(medium: ImageSource | ImageSink): medium is Repository {
  return "registry" in medium && "headManifest" in medium && "mountBlob" in medium;
}
