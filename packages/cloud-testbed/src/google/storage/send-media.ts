import type { HttpAnswer } from "../http/serve-http.ts";
import type { StoredObject } from "./create-buckets.ts";

/** The bytes, or the part of them that is asked for (RFC 9110, 14). */
export function sendMedia(object: StoredObject, range: string | undefined): HttpAnswer {
  const { bytes } = object;
  const headers = {
    "content-type": object.contentType,
    "accept-ranges": "bytes",
    etag: `"${object.generation}"`,
    "x-goog-generation": object.generation,
    "x-goog-metageneration": object.metageneration,
    "x-goog-stored-content-length": String(bytes.length),
    "x-goog-stored-content-encoding": object.contentEncoding ?? "identity",
    "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    ...(object.contentEncoding === undefined ? {} : { "content-encoding": object.contentEncoding }),
  };
  const asked = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
  if (asked === null || (asked[1] === "" && asked[2] === "")) return { headers, body: bytes };
  const suffix = asked[1] === "";
  const start = suffix ? Math.max(0, bytes.length - Number(asked[2])) : Number(asked[1]);
  const end = suffix || asked[2] === "" ? bytes.length : Math.min(bytes.length, Number(asked[2]) + 1);
  if (start >= bytes.length) {
    return {
      status: 416,
      headers: { "content-range": `bytes */${bytes.length}`, "content-type": "application/xml; charset=UTF-8" },
      body: `<?xml version='1.0' encoding='UTF-8'?><Error><Code>InvalidRange</Code><Message>The requested range cannot be satisfied.</Message><Details>bytes=${asked[1]}-${asked[2]}</Details></Error>`,
    };
  }
  const contentRange = `bytes ${start}-${end - 1}/${bytes.length}`;
  return { status: 206, headers: { ...headers, "content-range": contentRange }, body: bytes.subarray(start, end) };
}
