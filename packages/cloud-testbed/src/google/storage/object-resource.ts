import type { Bucket, ObjectFields, StoredObject } from "./create-buckets.ts";

/** A bucket's resource (`storage#bucket`). */
export function bucketResource(bucket: Bucket): object {
  return {
    kind: "storage#bucket",
    id: bucket.name,
    name: bucket.name,
    projectNumber: bucket.projectNumber,
    location: bucket.location,
    locationType: /-/.test(bucket.location) ? "region" : "multi-region",
    storageClass: "STANDARD",
    timeCreated: bucket.timeCreated,
    metageneration: String(bucket.metageneration),
    ...bucket.fields,
  };
}

/** An object's resource (`storage#object`). */
export function objectResource(object: StoredObject, origin: string): object {
  const { bytes, ...fields } = object;
  const at = `${origin}/storage/v1/b/${object.bucket}/o/${encodeURIComponent(object.name)}`;
  return {
    kind: "storage#object",
    id: `${object.bucket}/${object.name}/${object.generation}`,
    selfLink: at,
    mediaLink: `${origin}/download/storage/v1/b/${object.bucket}/o/${encodeURIComponent(object.name)}?generation=${object.generation}&alt=media`,
    size: String(bytes.length),
    storageClass: "STANDARD",
    updated: object.timeCreated,
    ...fields,
  };
}

/** The part of an object's resource that a caller can set. */
export function fieldsOf(resource: Readonly<Record<string, unknown>>): ObjectFields {
  const keys = ["contentType", "contentEncoding", "cacheControl", "metadata", "md5Hash", "crc32c"];
  return Object.fromEntries(keys.flatMap((key) => (resource[key] ? [[key, resource[key]]] : [])));
}
