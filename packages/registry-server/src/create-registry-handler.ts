import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf, systemCodeOf } from "@imagespec/errors";
import { isRepository, maxManifestSize } from "@imagespec/oci";
import { deleteBlob, pullBlob } from "./api/blobs.ts";
import type { RegistryContext } from "./api/context.ts";
import { digestParameter } from "./api/digest-parameter.ts";
import { listReferrers, listRepositories, listTags } from "./api/listings.ts";
import { deleteManifest, pullManifest, pushManifest } from "./api/manifests.ts";
import { appendToUpload, cancelUpload, describeUpload, finishUpload, mountSource, startUpload } from "./api/uploads.ts";
import type { Access } from "./auth/access.ts";
import { createGatekeeper, type Gatekeeper } from "./auth/gatekeeper.ts";
import { releaseUnreferenced } from "./collect-garbage.ts";
import { createExchange, type Exchange, sendFailure } from "./http/exchange.ts";
import { RegistryFailure } from "./http/registry-failure.ts";
import { allowedMethods, parseRoute, type Route } from "./http/route.ts";
import type { RegistryHandlerOptions } from "./options.ts";
import { createFolderFiles } from "./storage/folder-files.ts";
import { createMemoryFiles } from "./storage/memory-files.ts";
import { createBlobStore } from "./store/blob-store.ts";
import { createContentLock } from "./store/content-lock.ts";
import { createManifestStore } from "./store/manifest-store.ts";
import { createUploadStore } from "./store/upload-store.ts";

/** A registry without a server. */
export interface RegistryHandler {
  /** For `http.createServer` and its like. It never throws. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Resolves when the requests that are being answered have ended; ending them is up to the server. */
  close(): Promise<void>;
}

/**
 * Creates a request handler that speaks the OCI distribution specification 1.1 at `/v2/`, for a server of one's own.
 *
 * The server should not limit the time of a request (`requestTimeout`): a layer takes as long as it takes.
 */
export function createRegistryHandler(options: RegistryHandlerOptions = {}): RegistryHandler {
  const files = options.root === undefined ? createMemoryFiles() : createFolderFiles(options.root);
  const lock = createContentLock();
  const blobs = createBlobStore(files, lock);
  const context: RegistryContext = {
    blobs,
    uploads: createUploadStore(files, blobs),
    manifests: createManifestStore(files, lock),
    referrersApi: options.referrersApi ?? true,
    maxManifestSize: options.maxManifestSize ?? maxManifestSize,
    sparseIndex: options.sparseIndex ?? true,
    sparseImage: options.sparseImage ?? false,
    releaseContent: async () => {
      if (files.volatile) await lock.alone(() => releaseUnreferenced(files));
    },
  };
  const gatekeeper = createGatekeeper(options.auth);
  const running = new Set<Promise<void>>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const exchange = createExchange(request, response);
    let unexpected: unknown;
    try {
      await dispatch(exchange, context, gatekeeper, options.readOnly ?? false);
    } catch (error) {
      unexpected = answerError(exchange, response, error);
    }
    options.onRequest?.({
      method: exchange.method,
      path: request.url ?? "",
      status: response.headersSent ? response.statusCode : 499,
      bytesIn: exchange.bytesIn,
      bytesOut: exchange.bytesOut,
      ms: performance.now() - startedAt,
      ...(unexpected === undefined ? {} : { error: unexpected }),
    });
  }

  return {
    handler(request, response) {
      const task = answer(request, response).finally(() => running.delete(task));
      running.add(task);
    },
    async close() {
      while (running.size > 0) await Promise.allSettled([...running]);
    },
  };
}

/** Sends what can still be sent. Returns the error when it is the registry's own. */
function answerError(exchange: Exchange, response: ServerResponse, error: unknown): unknown {
  if (error instanceof RegistryFailure && !response.headersSent) {
    sendFailure(exchange, error);
    return undefined;
  }
  // A client that left: its connection is closed before its request or the response has ended.
  if (response.destroyed || response.socket?.destroyed === true) return undefined;
  if (response.headersSent) {
    // The length has been announced; only a cut connection tells the client that this is not all.
    response.destroy();
    return error;
  }
  const full = systemCodeOf(error) === "ENOSPC";
  const body = { errors: [{ code: "UNKNOWN", message: full ? "no space is left" : messageOf(error) }] };
  exchange.send(full ? 507 : 500, { "Content-Type": "application/json" }, Buffer.from(JSON.stringify(body)));
  return error;
}

async function dispatch(
  exchange: Exchange,
  context: RegistryContext,
  gatekeeper: Gatekeeper,
  readOnly: boolean,
): Promise<void> {
  const route = parseRoute(exchange.path);
  if (route === undefined || (route.kind === "token" && gatekeeper.sendToken === undefined)) {
    throw new RegistryFailure(404, { code: "UNSUPPORTED", message: `there is nothing at "${exchange.path}"` });
  }
  const { method } = exchange;
  const writes = method !== "GET" && method !== "HEAD" && route.kind !== "token";
  const allowed = allowedMethods[route.kind];
  if (!allowed.includes(method) || (readOnly && writes)) {
    throw new RegistryFailure(
      405,
      {
        code: "UNSUPPORTED",
        message: readOnly && writes ? "this registry is read-only" : `${method} is not supported`,
      },
      { Allow: (readOnly ? allowed.filter((name) => name === "GET" || name === "HEAD") : allowed).join(", ") },
    );
  }
  if ("repository" in route && !(isRepository(route.repository) && route.repository.length <= 255)) {
    throw new RegistryFailure(400, {
      code: "NAME_INVALID",
      message: `"${route.repository}" is not a repository name`,
      detail: { name: route.repository },
    });
  }
  if (route.kind !== "token") gatekeeper.require(exchange, neededAccess(exchange, route));
  await run(exchange, context, gatekeeper, route);
}

function neededAccess(exchange: Exchange, route: Route): readonly Access[] {
  const { method } = exchange;
  const repository = (name: string, ...actions: readonly string[]): Access => ({ type: "repository", name, actions });
  if (route.kind === "catalog") return [{ type: "registry", name: "catalog", actions: ["*"] }];
  if (!("repository" in route)) return [];
  if (route.kind === "uploads") {
    const from = mountSource(exchange);
    const push = repository(route.repository, "pull", "push");
    return from === undefined ? [push] : [push, repository(from, "pull")];
  }
  // Clients that push read as well, and ask for both at once.
  if (route.kind === "upload" || method === "PUT") return [repository(route.repository, "pull", "push")];
  return [repository(route.repository, method === "DELETE" ? "delete" : "pull")];
}

async function run(exchange: Exchange, context: RegistryContext, gatekeeper: Gatekeeper, route: Route): Promise<void> {
  const { method } = exchange;
  switch (route.kind) {
    case "ping":
      return exchange.send(200, { "Content-Type": "application/json" }, Buffer.from("{}"));
    case "token":
      return gatekeeper.sendToken?.(exchange);
    case "catalog":
      return listRepositories(exchange, context);
    case "tags":
      return listTags(exchange, context, route.repository);
    case "referrers":
      if (!context.referrersApi) {
        throw new RegistryFailure(404, { code: "UNSUPPORTED", message: "this registry has no referrers API" });
      }
      return listReferrers(exchange, context, route.repository, digestParameter(route.digest));
    case "manifest":
      if (method === "PUT") return pushManifest(exchange, context, route.repository, route.reference);
      if (method === "DELETE") return deleteManifest(exchange, context, route.repository, route.reference);
      return pullManifest(exchange, context, route.repository, route.reference);
    case "blob":
      if (method === "DELETE") return deleteBlob(exchange, context, route.repository, digestParameter(route.digest));
      return pullBlob(exchange, context, route.repository, digestParameter(route.digest));
    case "uploads":
      return startUpload(exchange, context, route.repository);
    case "upload":
      return runUpload(exchange, context, route.repository, route.id);
  }
}

async function runUpload(exchange: Exchange, context: RegistryContext, repository: string, id: string): Promise<void> {
  // The id becomes part of a file's name.
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new RegistryFailure(404, { code: "BLOB_UPLOAD_UNKNOWN", message: `"${id}" is not an upload` });
  }
  switch (exchange.method) {
    case "PATCH":
      return appendToUpload(exchange, context, repository, id);
    case "PUT":
      return finishUpload(exchange, context, repository, id);
    case "DELETE":
      return cancelUpload(exchange, context, repository, id);
    default:
      return describeUpload(exchange, context, repository, id);
  }
}
