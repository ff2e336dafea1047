import { mediaTypes } from "@imagespec/oci";

/** What a registry may answer to a request for a manifest; without the list some convert to older forms. */
export const acceptedMediaTypes: readonly string[] = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifestList,
  mediaTypes.dockerManifest,
];

/** The media type of a `Content-Type` header, without its parameters. */
export function mediaTypeOf(header: string | undefined): string | undefined {
  const type = header?.split(";")[0]?.trim().toLowerCase();
  return type === "" ? undefined : type;
}
