import { ImageSpecError } from "@imagespec/errors";
import type { Transport, TransportRequest, TransportResponse } from "../transport/transport.ts";
import { publicUrl } from "./call.ts";

const maxHops = 10;
const discardLimit = 64 * 1024;

export interface RedirectedResponse {
  readonly response: TransportResponse;
  /** The address that answered. */
  readonly url: URL;
}

/** Where plain HTTP is allowed. */
export interface PlainHosts {
  mayBePlain(url: URL): boolean;
}

/**
 * Sends a request and follows redirects: GET and HEAD anywhere, other methods by 307 and 308 to the same host only.
 * `Authorization` goes to the host that it was made for and to no other, not even after a redirect back.
 * @throws REGISTRY_PROTOCOL after 10 redirects, or for one to plain HTTP
 */
export async function followRedirects(
  transport: Transport,
  request: TransportRequest,
  plainHosts: PlainHosts,
): Promise<RedirectedResponse> {
  let current = request;
  for (let hops = 0; ; hops++) {
    assertAllowed(current.url, plainHosts);
    const response = await transport.send(current);
    const next = redirectTarget(current, response);
    if (next === undefined) return { response, url: current.url };
    await discard(response);
    if (hops >= maxHops) {
      throw new ImageSpecError("REGISTRY_PROTOCOL", `more than ${maxHops} redirects from "${publicUrl(request.url)}"`, {
        hint: "check the registry's external address in its configuration",
        details: { url: publicUrl(request.url) },
      });
    }
    current = {
      ...current,
      url: next,
      headers: isSameHost(current.url, next) ? current.headers : anonymous(current.headers),
    };
  }
}

/** Whether credentials for one address may go to the other: the same host, and no step down to plain HTTP. */
export function isSameHost(from: URL, to: URL): boolean {
  return from.host === to.host && !(from.protocol === "https:" && to.protocol !== "https:");
}

function redirectTarget(request: TransportRequest, response: TransportResponse): URL | undefined {
  const location = response.header("location");
  if (location === undefined || ![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  if (!URL.canParse(location, request.url.href)) return undefined;
  const next = new URL(location, request.url);
  if (request.method === "GET" || request.method === "HEAD") return next;
  return (response.status === 307 || response.status === 308) && isSameHost(request.url, next) ? next : undefined;
}

function assertAllowed(url: URL, plainHosts: PlainHosts): void {
  if (url.protocol === "https:" || plainHosts.mayBePlain(url)) return;
  throw new ImageSpecError(
    "REGISTRY_PROTOCOL",
    `the registry points to "${publicUrl(url)}", which is not protected by TLS`,
    {
      hint: `add "${url.host}" to "insecure" if plain HTTP is meant`,
      details: { url: publicUrl(url) },
    },
  );
}

function anonymous(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
}

/** Reads a short body to its end, so that the connection can be used again; a long one is not worth it. */
export async function discard(response: TransportResponse): Promise<void> {
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > discardLimit) return;
  }
}
