import { GoogleError } from "../google-error.ts";
import { crc32c, md5 } from "./checksums.ts";
import { conditionNotMet, noSuchBucket, noSuchObject, StorageError } from "./storage-error.ts";

/** An object as it is now. */
export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** Changes with the content. */
  readonly generation: string;
  readonly metageneration: string;
  readonly md5Hash: string;
  readonly crc32c: string;
  readonly timeCreated: string;
  readonly contentType: string;
  readonly contentEncoding?: string;
  readonly cacheControl?: string;
  /** Labels that the caller gave. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a caller says about an object. */
export type ObjectFields = Partial<
  Pick<StoredObject, "contentType" | "contentEncoding" | "cacheControl" | "metadata" | "md5Hash" | "crc32c">
>;

/** `ifGenerationMatch` and its like; what is not given is not asked. */
export interface Preconditions {
  readonly ifGenerationMatch?: string;
  readonly ifGenerationNotMatch?: string;
  readonly ifMetagenerationMatch?: string;
  readonly ifMetagenerationNotMatch?: string;
}

export interface Bucket {
  readonly name: string;
  /** Of the project that it belongs to. */
  readonly projectNumber: string;
  /** `EUROPE-WEST1`, `US` */
  readonly location: string;
  readonly timeCreated: string;
  /** What else the caller set: lifecycle, iamConfiguration, labels … */
  fields: Readonly<Record<string, unknown>>;
  metageneration: number;
  readonly objects: Map<string, StoredObject>;
}

/** Buckets and objects in memory, with the rules of Cloud Storage. A bucket keeps one generation of an object. */
export interface Buckets {
  all(): Iterable<Bucket>;
  create(name: string, projectNumber: string, fields: Readonly<Record<string, unknown>>): Bucket;
  /** @throws GoogleError NOT_FOUND */
  bucket(name: string): Bucket;
  remove(name: string): void;
  /** @throws GoogleError NOT_FOUND, StorageError 412 */
  read(bucket: string, name: string, generation?: string, conditions?: Preconditions): StoredObject;
  /** @throws GoogleError NOT_FOUND, INVALID_ARGUMENT for a checksum that does not fit, StorageError 412 */
  write(bucket: string, name: string, bytes: Buffer, fields?: ObjectFields, conditions?: Preconditions): StoredObject;
  update(object: StoredObject, fields: ObjectFields): StoredObject;
  delete(bucket: string, name: string, generation?: string, conditions?: Preconditions): void;
}

export function createBuckets(): Buckets {
  const buckets = new Map<string, Bucket>();
  let lastGeneration = 0;

  const find = (name: string): Bucket => {
    const bucket = buckets.get(name);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  };
  // Generations are microseconds of the clock; two in the same one still differ.
  const nextGeneration = (): string => {
    lastGeneration = Math.max(lastGeneration + 1, Date.now() * 1000);
    return String(lastGeneration);
  };
  const read = (bucket: string, name: string, generation?: string, conditions: Preconditions = {}): StoredObject => {
    const object = find(bucket).objects.get(name);
    if (object === undefined || (generation !== undefined && object.generation !== generation)) {
      throw noSuchObject(bucket, generation === undefined ? name : `${name}#${generation}`);
    }
    assertConditions(object, conditions);
    return object;
  };

  return {
    all: () => buckets.values(),
    bucket: find,
    create(name, projectNumber, fields) {
      // "Bucket naming requirements" in the documentation.
      if (!/^(?!goog)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name)) {
        throw new GoogleError("INVALID_ARGUMENT", `Invalid bucket name: '${name}'`);
      }
      const taken = buckets.get(name);
      if (taken !== undefined) {
        const message =
          taken.projectNumber === projectNumber
            ? "Your previous request to create the named bucket succeeded and you already own it."
            : "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
        throw new GoogleError("ALREADY_EXISTS", message);
      }
      const { location = "US", ...others } = fields;
      const bucket: Bucket = {
        name,
        projectNumber,
        location: String(location).toUpperCase(),
        timeCreated: new Date().toISOString(),
        fields: others,
        metageneration: 1,
        objects: new Map(),
      };
      buckets.set(name, bucket);
      return bucket;
    },
    remove(name) {
      if (find(name).objects.size > 0) {
        throw new StorageError(409, "conflict", "The bucket you tried to delete is not empty.");
      }
      buckets.delete(name);
    },
    read,
    write(bucketName, name, bytes, fields = {}, conditions = {}) {
      const bucket = find(bucketName);
      // "Object naming requirements" in the documentation.
      if (name === "" || Buffer.byteLength(name) > 1024 || /[\r\n]/.test(name)) {
        throw new GoogleError("INVALID_ARGUMENT", `Invalid object name: '${name}'`);
      }
      assertConditions(bucket.objects.get(name), conditions);
      const sums = { md5Hash: md5(bytes), crc32c: crc32c(bytes) };
      for (const [key, label] of [
        ["md5Hash", "MD5 hash"],
        ["crc32c", "CRC32C"],
      ] as const) {
        if (fields[key] === undefined || fields[key] === sums[key]) continue;
        throw new GoogleError(
          "INVALID_ARGUMENT",
          `Provided ${label} "${fields[key]}" doesn't match calculated ${label} "${sums[key]}".`,
        );
      }
      const object: StoredObject = {
        ...{ contentType: "application/octet-stream", ...fields, ...sums },
        ...{ bucket: bucketName, name, bytes, generation: nextGeneration(), metageneration: "1" },
        timeCreated: new Date().toISOString(),
      };
      bucket.objects.set(name, object);
      return object;
    },
    update(object, fields) {
      const metageneration = String(Number(object.metageneration) + 1);
      const changed = { ...object, ...fields, md5Hash: object.md5Hash, crc32c: object.crc32c, metageneration };
      find(object.bucket).objects.set(object.name, changed);
      return changed;
    },
    delete(bucket, name, generation, conditions) {
      read(bucket, name, generation, conditions);
      find(bucket).objects.delete(name);
    },
  };
}

/**
 * "Request preconditions" in the documentation; the generation 0 stands for an object that is not there.
 *
 * @throws StorageError 412
 */
export function assertConditions(object: StoredObject | undefined, conditions: Preconditions): void {
  const generation = object?.generation ?? "0";
  const metageneration = object?.metageneration ?? "0";
  const { ifGenerationMatch, ifGenerationNotMatch, ifMetagenerationMatch, ifMetagenerationNotMatch } = conditions;
  const met =
    (ifGenerationMatch === undefined || ifGenerationMatch === generation) &&
    (ifGenerationNotMatch === undefined || ifGenerationNotMatch !== generation) &&
    (ifMetagenerationMatch === undefined || ifMetagenerationMatch === metageneration) &&
    (ifMetagenerationNotMatch === undefined || ifMetagenerationNotMatch !== metageneration);
  if (!met) throw conditionNotMet();
}
