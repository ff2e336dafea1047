import { ImageSpecError, messageOf } from "@imagespec/errors";
import { networkCode } from "../transport/network-code.ts";
import { type Call, publicUrl } from "./call.ts";

/** The peer speaks plain HTTP where TLS was expected. */
export function isPlainAnswer(error: unknown): boolean {
  const code = networkCode(error) ?? "";
  return (
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) ||
    /wrong version number|packet length too long/i.test(messageOf(error))
  );
}

/** The peer, spoken to by plain HTTP, did not answer in HTTP: a TLS server does so. */
export function isTlsAnswer(error: unknown): boolean {
  const code = networkCode(error) ?? "";
  return code === "ECONNRESET" || code === "EPIPE" || code.startsWith("HPE_") || code === "UND_ERR_SOCKET";
}

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_UNTRUSTED",
]);

const transient = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Whether another attempt may succeed. A refused connection is worth one only where the host answered before, and so is restarting:
 * a registry that was never there should be reported at once.
 */
export function isTransient(error: unknown, answered: boolean): boolean {
  const code = networkCode(error);
  if (code === undefined) return false;
  return transient.has(code) || (code === "ECONNREFUSED" && answered);
}

/** The error for a request that got no whole response. */
export function networkError(call: Call, url: URL, error: unknown): ImageSpecError {
  const code = networkCode(error);
  const nonsense = code?.startsWith("HPE_") === true;
  const hint = hintFor(url, error, code);
  const verdict = nonsense ? "did not answer in HTTP" : "cannot be reached";
  return new ImageSpecError(
    nonsense ? "REGISTRY_PROTOCOL" : "REGISTRY_DOWN",
    `registry "${call.endpoint.registry}" ${verdict} for ${call.what} (${url.host}: ${code ?? messageOf(error)})`,
    {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      details: {
        registry: call.endpoint.registry,
        ...(call.repository === undefined ? {} : { repository: call.repository }),
        method: call.method,
        url: publicUrl(url),
        ...(code === undefined ? {} : { cause: code }),
      },
    },
  );
}

function hintFor(url: URL, error: unknown, code: string | undefined): string | undefined {
  if (isPlainAnswer(error)) return `add "${url.host}" to "insecure" to speak plain HTTP with it`;
  if (code === undefined) return undefined;
  if (untrusted.has(code)) return `pass the certificate authority of "${url.host}" by "ca", or set NODE_EXTRA_CA_CERTS`;
  if (code === "CERT_HAS_EXPIRED") return `renew the certificate of "${url.host}", or check the clock of this machine`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `use the host name that the certificate of "${url.host}" names`;
  if (code === "ECONNREFUSED") return `start the registry, or check the port of "${url.host}"`;
  if (code === "ENOTFOUND") return `check the spelling of "${url.hostname}" and the DNS of this machine`;
  if (code === "EAI_AGAIN") return "check the network and the DNS of this machine";
  if (transient.has(code)) return "check the network and any proxy between this machine and the registry";
  return undefined;
}
