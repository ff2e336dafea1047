import type { Listener } from "../../shared/listen.ts";
import type { Tokens } from "../auth/create-tokens.ts";
import type { Gate, GoogleOperation } from "../gate/gate.ts";
import { GoogleError, serviceDisabled } from "../google-error.ts";
import { type HttpAnswer, type HttpCall, serveHttp } from "../http/serve-http.ts";
import type { Bucket, Buckets, Preconditions } from "./create-buckets.ts";
import { createUploads } from "./create-uploads.ts";
import { bucketResource, fieldsOf, objectResource } from "./object-resource.ts";
import { sendMedia } from "./send-media.ts";
import { describeStorageError, StorageError } from "./storage-error.ts";

/** What Cloud Storage serves and to whom. */
export interface StorageServiceOptions {
  readonly buckets: Buckets;
  readonly tokens: Tokens;
  readonly gate: Gate;
  /** Numbers of projects by their names. */
  readonly projectNumber: (project: string) => string | undefined;
  /** E-mail address of who is meant by a request that cannot say it. */
  readonly caller: string;
  /** Whether the API is enabled. */
  readonly enabled: () => boolean;
}

/** Starts the JSON API of Cloud Storage, v1: what the client library and plain HTTP clients need of it. */
export async function serveStorage(options: StorageServiceOptions): Promise<Listener> {
  const { buckets, tokens, gate } = options;
  const uploads = createUploads(buckets);

  const handle = async (call: HttpCall): Promise<HttpAnswer> => {
    // The address of a resumable upload is a credential itself ("Session URIs" in the documentation of resumable uploads).
    const principal =
      uploads.principalOf(call) ??
      (isBareStart(call) ? options.caller : tokens.authenticate(call.headers.authorization));
    const { pathname, searchParams: query } = call.url;
    const parts = /^\/(upload\/|download\/)?storage\/v1\/b(?:\/([^/]+)(?:\/(.*))?)?$/.exec(pathname);
    if (parts === null) throw new GoogleError("NOT_FOUND", "Not Found");
    const [, prefix, bucketText, rest] = parts;
    const bucket = decodeURIComponent(bucketText ?? "");
    const pass = (
      operation: GoogleOperation,
      work: () => HttpAnswer,
      permissions: readonly string[] = [operation],
      object?: string,
    ) =>
      gate.pass(
        { operation, transport: "rest", principal, request: requestOf(call, bucket, object) },
        async () => {
          if (!options.enabled()) throw serviceDisabled("storage.googleapis.com", "Cloud Storage API", "the project");
          return work();
        },
        permissions.map((permission) => ({ permission, resource: object ? `${bucket}/${object}` : bucket })),
      );

    if (prefix === "upload/") {
      const object = uploads.nameOf(call);
      const overwrites = bucketExists(buckets, bucket)?.objects.has(object) ?? false;
      // Who replaces an object deletes the one that was there.
      const needs = [
        "storage.objects.create",
        ...(overwrites && !isConditional(query) ? ["storage.objects.delete"] : []),
      ];
      return pass(
        "storage.objects.create",
        () => uploads.receive(call, { bucket, principal, conditions: conditionsOf(query) }),
        needs,
        object,
      );
    }
    if (bucketText === undefined) return serveBucketList(call, options, pass);
    if (rest === undefined || rest === "")
      return serveBucket(call, buckets.bucket.bind(buckets), buckets, bucket, pass);
    if (rest === "iam/testPermissions") {
      return pass(
        "storage.buckets.testIamPermissions",
        () => ({ body: { permissions: query.getAll("permissions") } }),
        [],
      );
    }
    if (rest === "o" && call.method === "GET") {
      return pass("storage.objects.list", () => ({ body: listObjects(buckets.bucket(bucket), query) }));
    }
    const object = /^o\/(.+)$/.exec(rest)?.[1];
    if (object === undefined) throw new GoogleError("NOT_FOUND", "Not Found");
    return serveObject(call, buckets, bucket, decodeURIComponent(object), prefix === "download/", pass);
  };
  return serveHttp(handle, describeStorageError);
}

/**
 * The client library (7.22) begins resumable uploads at another endpoint than Google's without a token, also when it is told to use
 * them there (`File.startResumableUpload_` leaves `useAuthWithCustomEndpoint` out).
 */
function isBareStart({ headers, url }: HttpCall): boolean {
  return headers.authorization === undefined && url.searchParams.get("uploadType") === "resumable";
}

type Pass = (
  operation: GoogleOperation,
  work: () => HttpAnswer,
  permissions?: readonly string[],
  object?: string,
) => Promise<HttpAnswer>;

function serveBucketList(call: HttpCall, options: StorageServiceOptions, pass: Pass): Promise<HttpAnswer> {
  const project = call.url.searchParams.get("project") ?? "";
  const number = () => {
    const found = options.projectNumber(project);
    if (found === undefined) throw new GoogleError("INVALID_ARGUMENT", `Unknown project id: ${project}`);
    return found;
  };
  if (call.method === "GET") {
    return pass("storage.buckets.list", () => {
      const own = number();
      const items = [...options.buckets.all()].filter(({ projectNumber }) => projectNumber === own).map(bucketResource);
      return { body: { kind: "storage#buckets", items } };
    });
  }
  if (call.method !== "POST") throw new StorageError(405, "methodNotAllowed", "The method is not allowed.");
  return pass("storage.buckets.create", () => {
    const { name, ...fields } = jsonOf(call);
    return { body: bucketResource(options.buckets.create(String(name), number(), fields)) };
  });
}

async function serveBucket(
  call: HttpCall,
  find: (name: string) => Bucket,
  buckets: Buckets,
  name: string,
  pass: Pass,
): Promise<HttpAnswer> {
  switch (call.method) {
    case "GET":
      return pass("storage.buckets.get", () => ({ body: bucketResource(find(name)) }));
    case "PATCH":
      return pass("storage.buckets.update", () => {
        const bucket = find(name);
        bucket.fields = { ...bucket.fields, ...jsonOf(call) };
        bucket.metageneration += 1;
        return { body: bucketResource(bucket) };
      });
    case "DELETE":
      return pass("storage.buckets.delete", () => {
        buckets.remove(name);
        return { status: 204 };
      });
    default:
      throw new StorageError(405, "methodNotAllowed", "The method is not allowed.");
  }
}

async function serveObject(
  call: HttpCall,
  buckets: Buckets,
  bucket: string,
  name: string,
  download: boolean,
  pass: Pass,
): Promise<HttpAnswer> {
  const { searchParams: query } = call.url;
  const read = () => buckets.read(bucket, name, query.get("generation") ?? undefined, conditionsOf(query));
  const media = download || query.get("alt") === "media";
  switch (call.method) {
    case "GET":
      if (media) {
        return pass(
          "storage.objects.download",
          () => sendMedia(read(), call.headers.range),
          ["storage.objects.get"],
          name,
        );
      }
      return pass("storage.objects.get", () => ({ body: objectResource(read(), call.url.origin) }), undefined, name);
    case "PATCH":
      return pass(
        "storage.objects.update",
        () => ({ body: objectResource(buckets.update(read(), fieldsOf(jsonOf(call))), call.url.origin) }),
        undefined,
        name,
      );
    case "DELETE":
      return pass(
        "storage.objects.delete",
        () => {
          buckets.delete(bucket, name, query.get("generation") ?? undefined, conditionsOf(query));
          return { status: 204 };
        },
        undefined,
        name,
      );
    default:
      throw new StorageError(405, "methodNotAllowed", "The method is not allowed.");
  }
}

function listObjects(bucket: Bucket, query: URLSearchParams): object {
  const prefix = query.get("prefix") ?? "";
  const size = Math.min(Number(query.get("maxResults") ?? 1000), 1000);
  const after = Buffer.from(query.get("pageToken") ?? "", "base64").toString();
  const names = [...bucket.objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
  const page = names.slice(0, size).flatMap((name) => bucket.objects.get(name) ?? []);
  const last = page.at(-1);
  const more = names.length > size && last !== undefined;
  return {
    kind: "storage#objects",
    items: page.map((object) => objectResource(object, "")),
    ...(more ? { nextPageToken: Buffer.from(last.name).toString("base64") } : {}),
  };
}

/** The preconditions of a query. */
function conditionsOf(query: URLSearchParams): Preconditions {
  const keys = ["ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch"];
  return Object.fromEntries(keys.flatMap((key) => (query.has(key) ? [[key, query.get(key)]] : [])));
}

function isConditional(query: URLSearchParams): boolean {
  return query.get("ifGenerationMatch") === "0";
}

function bucketExists(buckets: Buckets, name: string): Bucket | undefined {
  return [...buckets.all()].find((bucket) => bucket.name === name);
}

function requestOf(call: HttpCall, bucket: string, object: string | undefined): object {
  const { range } = call.headers;
  return {
    method: call.method,
    bucket,
    ...(object === undefined ? {} : { object }),
    ...(range === undefined ? {} : { range }),
    query: Object.fromEntries(call.url.searchParams),
  };
}

function jsonOf(call: HttpCall): Record<string, unknown> {
  try {
    // The body of such a request is an object.
    return JSON.parse(call.body.toString() || "{}") as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) throw new GoogleError("INVALID_ARGUMENT", "Parse Error");
    throw error;
  }
}
