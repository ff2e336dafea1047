import { ImageSpecError, messageOf, systemCodeOf } from "@imagespec/errors";

/**
 * What a failed connection to a container engine means: the error of Node.js becomes ENGINE_DOWN, ENGINE_PERMISSION,
 * ENGINE_LOST or, where the certificates do not fit, ENGINE_UNSUPPORTED. What is no error of a connection comes back as it is.
 *
 * @param host as in `DOCKER_HOST`, for people
 */
export function engineConnectionError(host: string, cause: unknown): unknown {
  const code = systemCodeOf(cause) ?? tlsCodeOf(cause);
  if (code === undefined) return cause;
  const details = { host, code };
  if (code === "EACCES" || code === "EPERM") {
    return new ImageSpecError("ENGINE_PERMISSION", `the engine's socket "${host}" may not be opened`, {
      hint: "add your user to the group that owns the socket (docker), or write an image with output docker-archive instead",
      cause,
      details,
    });
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return new ImageSpecError("ENGINE_LOST", `the connection to the engine at "${host}" broke`, {
      hint: "look at the engine's own log; it may have run out of memory or disk",
      cause,
      details,
    });
  }
  if (code === "EPROTO" || tlsCodeOf(cause) !== undefined) {
    const message = `the engine at "${host}" cannot be spoken to by TLS: ${messageOf(cause)}`;
    return new ImageSpecError("ENGINE_UNSUPPORTED", message, {
      hint: "check DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and the certificates of the docker context",
      cause,
      details,
    });
  }
  return new ImageSpecError("ENGINE_DOWN", `no container engine answers at "${host}"`, {
    hint: "start the engine, or set DOCKER_HOST; without one, use the local image store or a docker archive as output",
    cause,
    details,
  });
}

/** OpenSSL's and Node's names for what is wrong with a certificate or a handshake. */
function tlsCodeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") return undefined;
  return /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(cause.code)
    ? cause.code
    : undefined;
}
