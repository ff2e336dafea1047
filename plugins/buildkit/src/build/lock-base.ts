import type { LockedBase, LockRequest, ResolvedImageSpec } from "@imagespec/core";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import { baseFacts } from "./base-facts.ts";
import { createSession } from "./create-session.ts";
import type { DaemonPool } from "./daemon-pool.ts";
import { openBase } from "./open-base.ts";

/** What a lock has to know of the base of a spec of one platform. @throws BASE_UNSUPPORTED, BASE_NOT_FOUND, ENGINE_…, REGISTRY_… */
export async function lockBase(
  spec: ResolvedImageSpec,
  request: LockRequest,
  { options, pool }: { readonly options: BuildkitBuilderOptions; readonly pool: DaemonPool },
): Promise<LockedBase> {
  const image = await request.base();
  if (image === undefined) return { python: undefined, libc: undefined, distributions: {} };
  const { store, signal, registryClient, cacheFolder } = request;
  await using daemon = await pool.open(spec, signal);
  const nothing = { force: false, emit: () => undefined, secret: async () => "" };
  const session = createSession(spec, { ...nothing, store, signal, registryClient, cacheFolder }, { options, daemon });
  await using base = await openBase(image, { store, daemon, signal });
  const { facts } = await baseFacts(session, base);
  return { python: facts.python?.version, libc: facts.libc, distributions: facts.distributions };
}
