import { randomUUID } from "node:crypto";
import { GoogleError } from "../google-error.ts";
import type { HttpAnswer, HttpCall } from "../http/serve-http.ts";
import { assertConditions, type Buckets, type ObjectFields, type Preconditions } from "./create-buckets.ts";
import { fieldsOf, objectResource } from "./object-resource.ts";
import { StorageError } from "./storage-error.ts";

/** Where an upload goes, and who sends it. */
export interface UploadTarget {
  readonly bucket: string;
  readonly principal: string;
  readonly conditions: Preconditions;
}

interface Upload extends UploadTarget {
  readonly name: string;
  readonly fields: ObjectFields;
}

interface ResumableUpload extends Upload {
  received: Buffer;
}

/** The three ways into Cloud Storage: simple, multipart and resumable. */
export interface Uploads {
  /** Name of the object that a request writes; empty where it does not say. */
  nameOf(call: HttpCall): string;
  /** Who has begun the resumable upload that a request goes on with. */
  principalOf(call: HttpCall): string | undefined;
  receive(call: HttpCall, target: UploadTarget): HttpAnswer;
}

// "Chunk size considerations" of resumable uploads in the documentation.
const chunkUnit = 256 * 1024;

export function createUploads(buckets: Buckets): Uploads {
  const running = new Map<string, ResumableUpload>();

  const nameOf = (call: HttpCall): string => {
    const { searchParams: query } = call.url;
    const upload = running.get(query.get("upload_id") ?? "");
    if (upload !== undefined) return upload.name;
    const name = query.get("name");
    if (name !== null) return name;
    const kind = query.get("uploadType");
    if (kind === "multipart") return String(splitParts(call).resource["name"] ?? "");
    return kind === "resumable" ? String(parseResource(call.body.toString())["name"] ?? "") : "";
  };

  const write = (call: HttpCall, upload: Upload, bytes: Buffer): HttpAnswer => {
    const header = Object.fromEntries(
      String(call.headers["x-goog-hash"] ?? "")
        .split(",")
        .flatMap((entry) => {
          const at = entry.indexOf("=");
          const key = { md5: "md5Hash", crc32c: "crc32c" }[entry.slice(0, at).trim()];
          return key === undefined ? [] : [[key, entry.slice(at + 1)]];
        }),
    );
    const fields = { ...upload.fields, ...header };
    const object = buckets.write(upload.bucket, upload.name, bytes, fields, upload.conditions);
    return { body: objectResource(object, call.url.origin) };
  };

  const start = (call: HttpCall, target: UploadTarget): HttpAnswer => {
    const object = buckets.bucket(target.bucket).objects.get(nameOf(call));
    assertConditions(object, target.conditions);
    const id = randomUUID();
    const declared = call.headers["x-upload-content-type"];
    const fields = {
      ...(declared === undefined ? {} : { contentType: String(declared) }),
      ...fieldsOf(parseResource(call.body.toString())),
    };
    running.set(id, { ...target, name: nameOf(call), fields, received: Buffer.alloc(0) });
    const location = new URL(call.url);
    location.searchParams.set("upload_id", id);
    return { headers: { location: location.href, "x-guploader-uploadid": id } };
  };

  const resume = (call: HttpCall, id: string): HttpAnswer => {
    const upload = running.get(id);
    if (upload === undefined) throw new GoogleError("NOT_FOUND", "The upload session does not exist.");
    if (call.method === "DELETE") {
      running.delete(id);
      return { status: 499 };
    }
    const range = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(String(call.headers["content-range"] ?? ""));
    // "0-*/*" is everything there is, of a length that is not known before (the client library sends it).
    const [, first, last, total = "*"] = range ?? [];
    if (range === null && call.headers["content-range"] !== undefined) {
      throw new GoogleError("INVALID_ARGUMENT", "Failed to parse Content-Range header.");
    }
    if (first !== undefined && Number(first) > upload.received.length) {
      throw new StorageError(503, "backendError", "Invalid request. The bytes do not follow the ones before.");
    }
    if (first !== undefined || range === null) {
      upload.received = Buffer.concat([upload.received.subarray(0, Number(first ?? 0)), call.body]);
    }
    const complete = range === null || last === "*" || (total !== "*" && upload.received.length === Number(total));
    if (complete) {
      running.delete(id);
      return write(call, upload, upload.received);
    }
    if (call.body.length % chunkUnit !== 0) {
      throw new GoogleError(
        "INVALID_ARGUMENT",
        "Invalid request. The number of bytes uploaded is required to be equal or greater than 262144, except for the final request (it's recommended to be the exact multiple of 262144).",
      );
    }
    const { length } = upload.received;
    return { status: 308, headers: length === 0 ? {} : { range: `bytes=0-${length - 1}` } };
  };

  return {
    nameOf,
    principalOf: (call) => running.get(call.url.searchParams.get("upload_id") ?? "")?.principal,
    receive(call, target) {
      const { searchParams: query } = call.url;
      const id = query.get("upload_id");
      if (id !== null) return resume(call, id);
      switch (query.get("uploadType")) {
        case "resumable":
          return start(call, target);
        case "multipart": {
          const { resource, media, type } = splitParts(call);
          const fields = { contentType: type, ...fieldsOf(resource) };
          return write(call, { ...target, name: nameOf(call), fields }, media);
        }
        case "media": {
          const contentType = call.headers["content-type"];
          const fields = contentType === undefined ? {} : { contentType };
          return write(call, { ...target, name: nameOf(call), fields }, call.body);
        }
        default:
          throw new GoogleError("INVALID_ARGUMENT", "Value for uploadType is not valid.");
      }
    },
  };
}

interface Parts {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly media: Buffer;
  readonly type: string;
}

/** The two parts of `multipart/related`: the resource as JSON, and the bytes. */
function splitParts(call: HttpCall): Parts {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(String(call.headers["content-type"] ?? ""));
  const mark = `--${boundary?.[1] ?? boundary?.[2] ?? ""}`;
  const { body } = call;
  const first = body.indexOf(mark);
  const second = body.indexOf(`\r\n${mark}`, first + mark.length);
  const end = body.lastIndexOf(`\r\n${mark}--`);
  if (boundary === null || first === -1 || second === -1 || end <= second) {
    throw new GoogleError("INVALID_ARGUMENT", "Malformed multipart body.");
  }
  const resource = splitPart(body.subarray(first + mark.length + 2, second));
  const media = splitPart(body.subarray(second + mark.length + 4, end));
  return {
    resource: parseResource(resource.content.toString()),
    media: media.content,
    type: /^content-type: *(.+)$/im.exec(media.head)?.[1]?.trim() ?? "application/octet-stream",
  };
}

function splitPart(part: Buffer): { readonly head: string; readonly content: Buffer } {
  const at = part.indexOf("\r\n\r\n");
  if (at === -1) throw new GoogleError("INVALID_ARGUMENT", "Malformed multipart body.");
  return { head: part.subarray(0, at).toString(), content: part.subarray(at + 4) };
}

function parseResource(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === "") return {};
  try {
    // What is no object has no fields that could be read.
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) throw new GoogleError("INVALID_ARGUMENT", "Parse Error");
    throw error;
  }
}
