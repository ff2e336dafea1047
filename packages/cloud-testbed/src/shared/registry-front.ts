import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type Listener, listen } from "./listen.ts";
import { readBody } from "./read-body.ts";
import { digestOf } from "./registry-reader.ts";
import type { RequestLog } from "./request-log.ts";

/** A request to a registry, taken apart. */
export interface RegistryCall {
  /** `PutManifest`, `GetBlob`, `HeadManifest`, `PostUpload`, `ListTags`, `Ping` … : the method and the kind of resource. */
  readonly operation: string;
  readonly method: string;
  readonly repository: string | undefined;
  /** Tag or digest of a manifest, digest of a blob. */
  readonly reference: string | undefined;
  /** Of the Basic authorization; nothing when it is missing or of another kind. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
  readonly headers: IncomingMessage["headers"];
}

/** An answer in place of the registry's. */
export interface RegistryAnswer {
  readonly status: number;
  /** Of the distribution specification: `DENIED`, `NAME_UNKNOWN` … Without it the body is empty. */
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `drop`: the connection ends without an answer. */
export type RegistryVerdict = RegistryAnswer | "drop" | undefined;

/** What makes a plain registry one of a cloud. Each may answer in the registry's place. */
export interface RegistryRules {
  /** Before anything else: who asks, and may they. */
  admit(call: RegistryCall): Promise<RegistryVerdict>;
  /** Before a manifest is stored. */
  admitManifest?(call: RegistryCall, manifest: Uint8Array): Promise<RegistryVerdict>;
  /** After a manifest was stored. */
  stored?(repository: string, digest: string, reference: string): Promise<void> | void;
  /** After the registry took the request; `drop` loses its answer. */
  after?(call: RegistryCall): RegistryVerdict;
}

export interface RegistryFrontOptions {
  /** Of the registry that has the content. */
  readonly upstream: string;
  readonly rules: RegistryRules;
  readonly requests: RequestLog;
}

/** Puts a cloud's rules before a real registry, on a free port of loopback: docker needs no TLS there. */
export function startRegistryFront(options: RegistryFrontOptions): Promise<Listener> {
  const { rules, requests } = options;
  return listen(async (request, response) => {
    const call = parseCall(request);
    const isManifest = call.operation === "PutManifest";
    const body = isManifest ? await readBody(request) : undefined;
    const entry = requests.add({
      service: "registry",
      operation: call.operation,
      method: call.method,
      path: request.url ?? "/",
      headers: request.headers,
      body: body ?? new Uint8Array(),
    });
    const refuse = (verdict: RegistryVerdict): boolean => {
      if (verdict === undefined) return false;
      if (verdict === "drop") request.socket.destroy();
      else {
        entry.status = verdict.status;
        answer(response, verdict);
      }
      return true;
    };
    if (refuse(await rules.admit(call))) return;
    if (body !== undefined && refuse(await rules.admitManifest?.(call, body))) return;
    const upstream = await forward(options.upstream, request, body);
    entry.status = upstream.statusCode;
    if (body !== undefined && upstream.statusCode === 201 && call.repository !== undefined) {
      await rules.stored?.(call.repository, digestOf(body), call.reference ?? "");
    }
    if (refuse(rules.after?.(call))) return void upstream.resume();
    response.writeHead(upstream.statusCode ?? 502, upstream.headers);
    upstream.pipe(response);
  });
}

function parseCall(request: IncomingMessage): RegistryCall {
  const method = request.method ?? "GET";
  const path = new URL(request.url ?? "/", "http://registry").pathname;
  const match = /^\/v2\/(?<repository>.+?)\/(?<kind>manifests|blobs|tags|referrers)\/(?<reference>.*)$/.exec(path);
  const { repository, kind, reference } = match?.groups ?? {};
  const isUpload = kind === "blobs" && reference?.startsWith("uploads") === true;
  const noun =
    kind === undefined
      ? undefined
      : isUpload
        ? "Upload"
        : { manifests: "Manifest", blobs: "Blob", tags: "Tags", referrers: "Referrers" }[kind];
  const verb = `${method.charAt(0)}${method.slice(1).toLowerCase()}`;
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const [user = "", ...password] = Buffer.from(basic ?? "", "base64")
    .toString()
    .split(":");
  return {
    operation: noun === undefined ? (path === "/v2/" ? "Ping" : "Other") : `${verb}${noun}`,
    method,
    repository,
    reference: isUpload ? undefined : reference,
    credentials: basic === undefined ? undefined : { user, password: password.join(":") },
    headers: request.headers,
  };
}

function answer(response: ServerResponse, { status, code, message = "", headers }: RegistryAnswer): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(code === undefined ? "" : JSON.stringify({ errors: [{ code, message }] }));
}

function forward(upstream: string, request: IncomingMessage, body: Uint8Array | undefined): Promise<IncomingMessage> {
  const { hostname, port } = new URL(upstream);
  // The registry behind asks for no login.
  const { authorization: _, ...headers } = request.headers;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: hostname, port, method: request.method, path: request.url, headers, agent: false },
      resolve,
    );
    outgoing.on("error", reject);
    if (body === undefined) request.pipe(outgoing);
    else outgoing.end(body);
  });
}
