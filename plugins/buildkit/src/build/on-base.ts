import type { BaseImage } from "@imagespec/core";
import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { BuildSession } from "./build-session.ts";
import { sharesLoopback } from "./daemon-place.ts";
import { type OpenedBase, openBase } from "./open-base.ts";

/**
 * Does something on a base. A daemon on this machine that cannot pull it by itself, for want of the settings, logins and mirrors that
 * this machine's client has, gets it from here.
 */
export async function onBase<T>(
  session: BuildSession,
  image: BaseImage,
  use: (base: OpenedBase) => Promise<T>,
): Promise<T> {
  const { daemon, request } = session;
  const { store, signal, emit } = request;
  await using base = await openBase(image, { store, daemon, signal });
  try {
    return await use(base);
  } catch (error) {
    if (signal.aborted || base.isServed || !sharesLoopback(daemon) || !isPullFailure(error, base)) throw error;
    emit({ type: "warning", message: `the daemon gets the base from this machine, since ${error.message}` });
  }
  await using served = await openBase(image, { store, daemon, signal, serve: true });
  return await use(served);
}

const codes: ReadonlySet<string> = new Set([
  "BASE_NOT_FOUND",
  "REGISTRY_AUTH",
  "REGISTRY_DENIED",
  "REGISTRY_DOWN",
  "REGISTRY_ERROR",
  "REGISTRY_NOT_FOUND",
  "REGISTRY_RATE_LIMITED",
]);

/** This machine has seen the base in its registry: what the daemon says of it is about the daemon. */
function isPullFailure(error: unknown, { reference }: OpenedBase): error is ImageSpecError {
  if (!isImageSpecError(error) || !codes.has(error.code)) return false;
  const named = error.details["reference"];
  return typeof named === "string" && reference.startsWith(named) && !/ for the push of /.test(error.message);
}
